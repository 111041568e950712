// Signing in: the token goes once over the wire and is never kept.

const alertBox = document.getElementById("alert");

document.getElementById("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = document.getElementById("token");
  const response = await fetch("/api/sign-in", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token: field.value.trim() }),
  }).catch(() => null);
  if (response?.ok) {
    location.assign("/");
    return;
  }
  const told = response ? (await response.json()).message : "the console cannot be reached";
  alertBox.textContent = `Not signed in: ${told}.`;
  alertBox.hidden = false;
  field.select();
});
