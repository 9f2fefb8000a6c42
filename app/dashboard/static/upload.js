// Sends a form's file with its progress, and puts what the server says at the fields that it is about.
(() => {
  const el = (name, words, ...classes) => {
    const made = document.createElement(name);
    if (words !== undefined) made.textContent = words;
    made.classList.add(...classes);
    return made;
  };
  const size = (bytes) => (bytes < 2 ** 20 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`);

  function clear(form) {
    form.querySelector("[data-problem]").replaceChildren();
    for (const fault of form.querySelectorAll("p.fault")) fault.remove();
    for (const control of form.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
  }

  // The same as templates/macros.html makes of a problem.
  function tell(form, problem) {
    clear(form);
    const box = el("div", undefined, "problem");
    box.setAttribute("role", "alert");
    box.append(el("h2", problem.title));
    if (problem.errors.length !== 1) box.append(el("p", problem.detail));
    const list = el("ul");
    for (const fault of problem.errors) {
      const item = el("li");
      item.dataset.pointer = fault.pointer;
      item.append(el("code", fault.pointer || "/"), ` ${fault.detail}`);
      if (fault.value !== null) {
        const found = el("span", " found: ", "found");
        found.append(el("code", fault.value));
        item.append(found);
      }
      list.append(item);
      const control = [...form.querySelectorAll("[data-pointer]")].filter((one) => "name" in one)
        .filter((one) => fault.pointer === one.dataset.pointer || fault.pointer.startsWith(`${one.dataset.pointer}/`))
        .sort((a, b) => b.dataset.pointer.length - a.dataset.pointer.length)[0];
      if (control) {
        control.setAttribute("aria-invalid", "true");
        control.closest(".field").append(el("p", fault.detail, "fault"));
      }
    }
    if (problem.errors.length) box.append(list);
    form.querySelector("[data-problem]").append(box);
    (form.querySelector('[aria-invalid="true"]') ?? form.querySelector("button")).focus();
  }

  function spec(form) { // {"spec": {…}} from the settings' text and the fields called spec.…
    const text = form.elements.spec?.value.trim();
    const made = text ? JSON.parse(text) : {};
    for (const control of form.elements) {
      if (!control.name?.startsWith("spec.") || control.value === "") continue;
      made[control.name.slice(5)] = control.type === "number" ? Number(control.value) : control.value;
    }
    return made;
  }

  const WHOLE = 32 * 2 ** 20; // bytes; what is larger goes in parts
  const PARTS = 2000; // at most
  const TRIES = 6;

  async function call(method, address, body, headers = {}) {
    const answer = await fetch(address, { method, body, headers });
    const told = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(told.title), { problem: told });
    return told;
  }

  async function patiently(work) { // what the network broke is tried again; what the server refused is not
    for (let tried = 1; ; tried += 1) {
      try {
        return await work();
      } catch (error) {
        if ((error.problem && error.problem.status !== 503) || tried === TRIES) throw error;
        await new Promise((done) => setTimeout(done, 500 * 2 ** tried));
      }
    }
  }

  async function inParts(form, asked, file) {
    const bar = form.querySelector("progress");
    const words = form.querySelector("[data-sent]");
    const button = form.querySelector("button.main");
    button.disabled = true;
    bar.hidden = false;
    bar.max = file.size;
    bar.value = 0;
    try {
      const json = { "Content-Type": "application/json" };
      const key = { "Idempotency-Key": crypto.randomUUID?.() ?? String(Math.random()) };
      const announced = JSON.stringify({ spec: asked, size: file.size });
      const made = await patiently(() => call("POST", form.dataset.upload, announced, { ...json, ...key }));
      const part = Math.max(WHOLE / 2, Math.ceil(file.size / PARTS));
      for (let start = 0, number = 1; start < file.size; start += part, number += 1) {
        words.textContent = `${size(start)} of ${size(file.size)}`;
        const piece = file.slice(start, start + part);
        const raw = { "Content-Type": "application/octet-stream" };
        await patiently(() => call("PUT", `${form.dataset.upload}/${made.id}/parts/${number}`, piece, raw));
        bar.value = Math.min(start + part, file.size);
      }
      await patiently(() => call("POST", `${form.dataset.upload}/${made.id}/complete`));
      location.assign(form.dataset.then + made.id);
    } catch (error) {
      tell(form, error.problem ?? { title: "The connection broke", detail: "It was tried several times. Send it again.", errors: [] });
    } finally {
      button.disabled = false;
      bar.hidden = true;
      words.textContent = "";
    }
  }

  function send(form) {
    clear(form);
    let asked;
    try {
      asked = spec(form);
    } catch (error) {
      const fault = { pointer: "/spec", detail: `this is no JSON: ${error.message}`, value: null };
      return tell(form, { title: "The body is not JSON", detail: fault.detail, errors: [fault] });
    }
    const file = form.querySelector('input[type="file"]');
    if ("parts" in form.dataset && file.files[0].size > WHOLE) return inParts(form, asked, file.files[0]);
    const body = new FormData();
    body.append("spec", new Blob([JSON.stringify(asked)], { type: "application/json" }), "spec.json");
    body.append(file.name, file.files[0]);
    const request = new XMLHttpRequest();
    const bar = form.querySelector("progress");
    const words = form.querySelector("[data-sent]");
    const button = form.querySelector("button.main");
    const done = () => { button.disabled = false; bar.hidden = true; words.textContent = ""; };
    request.upload.addEventListener("progress", (event) => {
      bar.max = event.total;
      bar.value = event.loaded;
      words.textContent = event.loaded < event.total ? `${size(event.loaded)} of ${size(event.total)}` : "Looking at it …";
    });
    request.addEventListener("load", () => {
      done();
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* told below */ }
      if (request.status < 300) location.assign(form.dataset.then + answer.id);
      else tell(form, answer.title ? answer : { title: "Refused", detail: `The server answered ${request.status}.`, errors: [] });
    });
    request.addEventListener("error", () => {
      done();
      tell(form, { title: "The connection broke", detail: "Nothing was stored. Send it again.", errors: [] });
    });
    request.open("POST", form.dataset.upload);
    request.setRequestHeader("Idempotency-Key", crypto.randomUUID?.() ?? String(Math.random()));
    button.disabled = true;
    bar.hidden = false;
    bar.removeAttribute("value");
    request.send(body);
    return undefined;
  }

  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-upload]")) return;
    event.preventDefault();
    send(event.target);
  });
})();
