// What all pages do: fresh rows while somebody looks, questions before what cannot be undone, a word for ears.
(() => {
  const EVERY = 3000; // milliseconds

  // <div data-live hx-get="…" hx-trigger="refresh" hx-swap="outerMorph">: asked again while the page is visible.
  setInterval(() => {
    if (document.visibilityState !== "visible") return;
    for (const part of document.querySelectorAll("[data-live]")) part.dispatchEvent(new CustomEvent("refresh"));
  }, EVERY);

  window.say = (words) => {
    const place = document.getElementById("said");
    if (!place) return;
    place.textContent = words;
    setTimeout(() => { if (place.textContent === words) place.textContent = ""; }, 6000);
  };

  // On narrow screens the navigation scrolls: where one is must be seen.
  const place = document.querySelector(".bar nav [aria-current]");
  if (place) place.closest("nav").scrollLeft = place.offsetLeft - place.closest("nav").clientWidth / 2;

  document.addEventListener("submit", (event) => {
    const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
    if (question && !confirm(question)) event.preventDefault();
  });

  // Filters act at once; without script there is a button.
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-auto]");
    if (form) form.requestSubmit();
  });
  document.addEventListener("submit", (event) => { // empty filters do not clutter the address
    if (!event.target.matches("form.filters")) return;
    for (const control of event.target.elements) if (control.name && !control.value) control.disabled = true;
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      say("Copied");
    } catch { say("The browser does not let pages copy"); }
  });
})();
