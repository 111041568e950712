"""What ``task.yaml`` may say of the student, and of the models that read texts for it."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt, model_validator

from resources.task.settings.section import Remakes, Section, Share, Usd


class Embeddings(Section):
    """A model that turns texts into vectors, through LiteLLM; asked once for each text."""

    model: Annotated[str, Field(min_length=1), Remakes.LABELS] = Field(
        description="As LiteLLM names it: text-embedding-3-small, ollama/nomic-embed-text, ..."
    )
    api_base: Annotated[str | None, Remakes.LABELS] = Field(
        default=None, description="Address of the provider, where it is not the usual one."
    )
    api_key_variable: Annotated[str | None, Remakes.NOTHING] = Field(
        default=None, description="Name of the environment variable that holds the key."
    )
    at_once: Annotated[PositiveInt, Remakes.NOTHING] = Field(
        default=64, description="Texts in one request."
    )
    retries: Annotated[int, Field(ge=0), Remakes.NOTHING] = Field(
        default=2, description="How often a request that failed is sent again."
    )
    budget_usd: Annotated[Usd, Remakes.NOTHING] = Field(
        default=5.0, description="What vectors may cost in all."
    )


class SentenceTransformers(Section):
    """A model of the package sentence-transformers, on this machine."""

    model: Annotated[str, Field(min_length=1), Remakes.LABELS] = Field(
        description="Its folder, from the task's on, or its name in the hub's cache of this user."
    )
    device: Annotated[str | None, Remakes.NOTHING] = Field(
        default=None, description="cpu, cuda, mps; by itself if not said."
    )
    at_once: Annotated[PositiveInt, Remakes.NOTHING] = Field(
        default=64, description="Texts that it reads together."
    )


class Student(Section):
    """The classifier trained on consensus and gold."""

    enabled: Annotated[bool, Remakes.LABELS] = Field(
        default=True,
        description="Whether a student is trained; without one, labels are the consensus.",
    )
    looks_at: Annotated[Literal["auto", "text", "image"], Remakes.LABELS] = Field(
        default="auto", description="auto: images where items have no text, else texts."
    )
    features: Annotated[Literal["tfidf", "embeddings", "sentence-transformers"], Remakes.LABELS] = (
        Field(
            default="tfidf",
            description="What it reads of a text: words, vectors of a provider, or of a model on this machine.",
        )
    )
    embeddings: Embeddings | None = Field(
        default=None, description="The model behind features: embeddings."
    )
    sentence_transformers: SentenceTransformers | None = Field(
        default=None, description="The model behind features: sentence-transformers."
    )
    decides_from: Annotated[Share, Remakes.LABELS] = Field(
        default=0.6, description="Its confidence where nobody else decided."
    )

    thresholds: Annotated[
        Literal["f1"] | Annotated[float, Field(gt=0, lt=1)] | None, Remakes.LABELS
    ] = Field(
        default=None,
        description="Of several classes: from which probability on each is given, by reviews of earlier "
        "batches: f1, or the share of given classes that is to be right. From a half on, if not said.",
    )

    @model_validator(mode="after")
    def _embeddings_have_a_model(self) -> "Student":
        if self.features == "embeddings" and self.embeddings is None:
            raise ValueError("features: embeddings needs embeddings: {model: ...} beside it")
        if self.features == "sentence-transformers" and self.sentence_transformers is None:
            raise ValueError(
                "features: sentence-transformers needs sentence_transformers: {model: ...} beside it"
            )
        if self.reads_vectors and self.looks_at == "image":
            raise ValueError(
                f"features: {self.features} are of texts; with looks_at: image leave them out"
            )
        return self

    @property
    def reads_vectors(self) -> bool:
        """Whether texts are read by an embedding model, which no file of a student can hold."""
        return self.features != "tfidf"
