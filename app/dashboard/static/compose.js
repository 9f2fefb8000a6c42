// The editor: Ctrl+Enter plans; a fault's line is shown where it stands.
(() => {
  const text = document.getElementById("spec");
  const form = document.getElementById("ask");
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit(form.querySelector('button[value="plan"]'));
    }
  });
  document.addEventListener("click", (event) => {
    const line = Number(event.target.closest("[data-line]")?.dataset.line);
    if (!line) return;
    const lines = text.value.split("\n");
    const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    text.focus();
    text.setSelectionRange(start, start + lines[line - 1].length);
    text.scrollTop = (line - 4) * parseFloat(getComputedStyle(text).lineHeight);
  });
  document.addEventListener("htmx:after:swap", () => {
    const wrong = document.querySelector("#outcome .problem") !== null;
    text.setAttribute("aria-invalid", wrong);
    document.getElementById("outcome").scrollIntoView({ block: "nearest" });
  });
})();
