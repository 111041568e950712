"""The choices of a Label Studio project follow the classes of its task; the rest of its page stays."""

import xml.etree.ElementTree as ET

from console.formats.tools.label_studio_answers import LABEL
from labeling.kinds.kind import Kind
from labeling.kinds.registry import SINGLE


class NoChoicesError(Exception):
    """A labelling interface has no choices of ours; says what stands there instead."""


def with_choices(
    config: str, classes: list[str], *, keep: bool = False, kind: Kind = SINGLE
) -> str:
    """Return a labelling interface (XML) whose choices, or labels, are these classes in their order.

    Parameters
    ----------
    config : str
        The interface as it stands, whoever edited it.
    classes : list of str
        Classes of the task.
    keep : bool
        Whether choices that are no class any more stay, behind the others.
    kind : Kind
        Whether a text is marked with labels, and whether several choices may be made at once.

    Raises
    ------
    NoChoicesError
        If it cannot be read, or has no control ``label`` of choices, or of labels.

    Examples
    --------
    >>> config = '<View><Choices name="label"><Choice value="A" hotkey="a"/></Choices></View>'
    >>> with_choices(config, ["B", "A"])
    '<View><Choices name="label"><Choice value="B" /><Choice value="A" hotkey="a" /></Choices></View>'
    """
    # comments and layout are the user's; a document type, which could swell, has no place here
    if "<!DOCTYPE" in config:
        raise NoChoicesError("it has a document type")
    try:
        parser = ET.XMLParser(target=ET.TreeBuilder(insert_comments=True))  # noqa: S314
        root = ET.fromstring(config, parser)  # noqa: S314
    except ET.ParseError as error:
        raise NoChoicesError(f"it cannot be read as XML: {error}") from None
    group, one_of = ("Labels", "Label") if kind.marks_text else ("Choices", "Choice")
    controls = {str(one.get("name")): one for one in root.iter(group)}
    control = controls.get(LABEL)
    if control is None:
        raise NoChoicesError(
            f"it has no <{group} name={LABEL!r}>, but {', '.join(map(repr, controls)) or 'none'}"
        )
    same_style = kind.marks_text or (control.get("choice") == "multiple") is kind.many
    standing = {choice.get("value"): choice for choice in control.findall(one_of)}
    same_classes = list(standing) == classes or (keep and standing.keys() >= set(classes))
    if same_classes and same_style:
        return config
    if not same_style:
        control.set("choice", "multiple" if kind.many else "single")
    if same_classes:
        return ET.tostring(root, encoding="unicode")
    wanted = [standing.get(name, ET.Element(one_of, value=name)) for name in classes]
    if keep:
        wanted += [choice for name, choice in standing.items() if name not in classes]
    for choice in standing.values():
        control.remove(choice)
    for place, choice in enumerate(wanted):
        control.insert(place, choice)
    return ET.tostring(root, encoding="unicode")
