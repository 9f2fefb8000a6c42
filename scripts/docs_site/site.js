// The handbook without a server: a search over its sections, the menu of narrow screens, where one is on a page.
(() => {
  const root = document.body.dataset.root;
  const input = document.getElementById("find");
  const found = document.getElementById("found");
  const MOST = 12;

  // A page from disk may not fetch, but it may load a script.
  let loading;
  const sections = () => loading ??= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = `${root}/assets/sections.js`;
    script.onload = () => done(window.SECTIONS.map((row) => [...row, row.slice(1).join(" ").toLowerCase()]));
    script.onerror = failed;
    document.head.append(script);
  });

  // Every word must be there; one in a heading counts more than one in a page's title, and that more than one in the text.
  const rank = (words, [, page, heading, , all]) => {
    let points = 0;
    for (const word of words) {
      if (!all.includes(word)) return 0;
      points += 1 + 8 * heading.toLowerCase().includes(word) + 3 * page.toLowerCase().includes(word);
    }
    return points;
  };

  const around = (text, word) => {
    const at = Math.max(0, text.toLowerCase().indexOf(word) - 40);
    return `${at ? "…" : ""}${text.slice(at, at + 110)}${text.length > at + 110 ? "…" : ""}`;
  };

  const row = ([href, page, heading, text], words) => {
    const link = document.createElement("a");
    link.href = `${root}/${href}`;
    for (const [name, said] of [["b", heading], ["small", page === heading ? "" : page], ["span", around(text, words[0])]]) {
      if (said) link.append(Object.assign(document.createElement(name), { textContent: said }));
    }
    return link;
  };

  const search = async () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const all = words.length ? await sections() : [];
    const best = all.map((one) => [rank(words, one), one]).filter(([points]) => points)
      .sort((a, b) => b[0] - a[0]).slice(0, MOST);
    found.replaceChildren(...best.map(([, one]) => row(one, words)));
    if (words.length && !best.length) found.append("Nothing has all these words.");
    found.hidden = !words.length;
  };

  const move = (event) => {
    const links = [...found.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") { found.hidden = true; input.focus(); }
    else if (event.key === "Enter" && document.activeElement === input) links[0]?.click();
    else if (step && links.length) { event.preventDefault(); (links[at + step] ?? input).focus(); }
  };

  input.hidden = false;
  input.addEventListener("input", search);
  input.addEventListener("focus", () => { sections(); if (input.value) found.hidden = false; });
  input.parentElement.addEventListener("keydown", move);
  document.addEventListener("click", (event) => { if (!event.target.closest(".find")) found.hidden = true; });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, textarea")) { event.preventDefault(); input.focus(); }
  });

  const menu = document.querySelector(".menu");
  menu.hidden = false;
  document.documentElement.classList.add("scripted");
  menu.addEventListener("click", () => {
    const open = menu.getAttribute("aria-expanded") !== "true";
    menu.setAttribute("aria-expanded", open);
  });

  // The heading last scrolled past is marked in the contents.
  const links = new Map([...document.querySelectorAll("aside.contents a")].map((a) => [a.hash.slice(1), a]));
  const headings = [...links.keys()].map((id) => document.getElementById(decodeURIComponent(id))).filter(Boolean);
  const mark = () => {
    const past = headings.filter((heading) => heading.getBoundingClientRect().top < 120).at(-1) ?? headings[0];
    for (const [id, link] of links) link.toggleAttribute("data-here", past && decodeURIComponent(id) === past.id);
  };
  if (headings.length) {
    addEventListener("scroll", mark, { passive: true });
    mark();
  }
})();
