// Copies what the pages load into the Python package, each file with its licence and its SHA-256.
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";

const INTO = "../app/dashboard/static/vendor";
const TESTS = "../tests/app/dashboard/vendor";
const FILES = [
  // [package, file in it, name here]
  ["htmx.org", "dist/htmx.min.js", "htmx.min.js"],
  ["uplot", "dist/uPlot.iife.min.js", "uplot.min.js"],
  ["uplot", "dist/uPlot.min.css", "uplot.min.css"],
  ["@fontsource-variable/inter", "files/inter-latin-wght-normal.woff2", "inter.woff2"],
];
const ICONS = [
  "activity", "arrow-right", "box", "chart-line", "check", "chevron-down", "circle-alert", "circle-check",
  "circle-dot", "circle-slash", "circle-x", "clock", "copy", "database", "download", "external-link",
  "file-text", "flask-conical", "gauge", "heart-pulse", "image", "info", "key", "layers", "list", "loader",
  "log-out", "menu", "moon", "music", "pause", "play", "plus", "refresh-cw", "rotate-ccw", "search",
  "settings", "square", "sun", "sun-moon", "table", "triangle-alert", "upload", "x",
];

const from = (name, file) => `node_modules/${name}/${file}`;
const version = (name) => JSON.parse(readFileSync(from(name, "package.json"))).version;
const sha256 = (file) => createHash("sha256").update(readFileSync(file)).digest("hex");

function licence(name, into, plain) {
  const found = readdirSync(`node_modules/${name}`).find((file) => /^licen[cs]e/i.test(file));
  const kept = `LICENSE.${plain}.txt`;
  cpSync(from(name, found), `${into}/${kept}`);
  return kept;
}

function sprite() {
  const symbols = ICONS.map((name) => {
    const svg = readFileSync(from("lucide-static", `icons/${name}.svg`), "utf8");
    const shapes = svg.match(/<svg[^>]*>([\s\S]*)<\/svg>/)[1].replace(/\s+/g, " ").trim();
    return `<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`;
}

function vendor(into, entries) {
  const made = {};
  for (const [name, file, licenceFile] of entries) {
    made[file] = { package: name, version: version(name), licence: licenceFile, sha256: sha256(`${into}/${file}`) };
    made[licenceFile] = { package: name, version: version(name), licence: licenceFile, sha256: sha256(`${into}/${licenceFile}`) };
  }
  writeFileSync(`${into}/manifest.json`, JSON.stringify(made, null, 2) + "\n");
}

for (const folder of [INTO, TESTS]) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}
const plain = (name) => name.split("/").at(-1).replace(/\.org$/, "");
const entries = FILES.map(([name, file, here]) => {
  cpSync(from(name, file), `${INTO}/${here}`);
  return [name, here, licence(name, INTO, name.includes("inter") ? "inter" : plain(name))];
});
writeFileSync(`${INTO}/icons.svg`, sprite());
entries.push(["lucide-static", "icons.svg", licence("lucide-static", INTO, "lucide")]);
vendor(INTO, entries);
cpSync(from("axe-core", "axe.min.js"), `${TESTS}/axe.min.js`);
vendor(TESTS, [["axe-core", "axe.min.js", licence("axe-core", TESTS, "axe-core")]]);
