// The form: what is typed or dropped goes to /invocations, and the answer is shown.

import { bytes, seconds } from "./format.js";

const KINDS = {
  csv: "text/csv",
  json: "application/json",
  jsonl: "application/jsonlines",
  txt: "text/plain",
  libsvm: "text/libsvm",
  svm: "text/libsvm",
  npy: "application/x-npy",
  npz: "application/x-npz",
  parquet: "application/x-parquet",
  pbr: "application/x-recordio-protobuf",
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
};
const EXAMPLES = {
  "text/csv": "5.1,3.5,1.4,0.2",
  "application/json": "[[5.1, 3.5, 1.4, 0.2]]",
  "application/jsonlines": '{"features": [5.1, 3.5, 1.4, 0.2]}',
  "text/libsvm": "0 1:5.1 2:3.5 3:1.4 4:0.2",
};
const SHOWN = 200_000;

const find = (id) => document.getElementById(id);
const kindList = find("content-type");
const otherKind = find("content-type-other");
const body = find("body");
const drop = find("drop");
let file = null;

const contentType = () => kindList.value || otherKind.value.trim();

function showKind() {
  otherKind.hidden = kindList.value !== "";
  body.placeholder = EXAMPLES[kindList.value] ?? "";
}

function choose(kind) {
  const listed = [...kindList.options].some((option) => option.value === kind);
  kindList.value = listed ? kind : "";
  otherKind.value = listed ? "" : kind;
  showKind();
}

function take(chosen) {
  file = chosen;
  const kind = KINDS[chosen.name.split(".").pop().toLowerCase()] ?? chosen.type;
  if (kind) choose(kind);
  find("chosen-name").textContent = chosen.name;
  find("chosen-size").textContent = `${bytes(chosen.size)}, ${contentType() || "of no known type"}`;
  const preview = find("preview");
  URL.revokeObjectURL(preview.src);
  preview.hidden = !chosen.type.startsWith("image/");
  if (!preview.hidden) preview.src = URL.createObjectURL(chosen);
  find("chosen").hidden = false;
  body.hidden = true;
}

function forget() {
  file = null;
  find("file").value = "";
  find("chosen").hidden = true;
  body.hidden = false;
  body.focus();
}

function headers() {
  const said = {};
  if (contentType()) said["Content-Type"] = contentType();
  if (find("accept").value) said.Accept = find("accept").value;
  return said;
}

async function send(event) {
  event.preventDefault();
  const button = find("send");
  if (button.disabled) return;
  button.disabled = true;
  tell("", "Waiting for the answer…");
  const start = performance.now();
  try {
    const answer = await fetch("invocations", { method: "POST", headers: headers(), body: file ?? body.value });
    await show(answer, start);
  } catch (error) {
    tell("bad", "no answer");
    find("answer-facts").textContent = `The server could not be reached (${error.message}).`;
  } finally {
    button.disabled = false;
  }
}

function tell(kind, text) {
  const status = find("answer-status");
  status.className = kind ? `pill ${kind}` : "muted";
  status.textContent = text;
  find("answer").hidden = true;
  find("answer-image").hidden = true;
  find("answer-facts").textContent = "";
}

async function show(answer, start) {
  const kind = (answer.headers.get("content-type") ?? "").split(";")[0];
  tell(answer.ok ? "good" : answer.status < 500 ? "warn" : "bad", `${answer.status} ${answer.statusText}`.trim());
  const whole = await (isText(kind) ? shownAsItComes(answer) : answer.blob());
  const took = (performance.now() - start) / 1000;
  find("answer-facts").textContent = [seconds(took), bytes(whole.size), kind || "no content type"].join(" · ");
  if (kind.startsWith("image/")) {
    const image = find("answer-image");
    URL.revokeObjectURL(image.src);
    image.src = URL.createObjectURL(whole);
    image.hidden = false;
  } else if (isText(kind)) {
    find("answer").textContent = readable(await whole.text(), kind);
  } else {
    link(whole);
  }
}

const isText = (kind) => /^text\/|json|xml|yaml/.test(kind);

/** An answer that comes in pieces is seen in pieces. */
async function shownAsItComes(answer) {
  const pane = find("answer");
  pane.hidden = false;
  pane.textContent = "";
  const chunks = [];
  const decoder = new TextDecoder();
  const reader = answer.body.getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    chunks.push(piece.value);
    if (pane.textContent.length < SHOWN) pane.textContent += decoder.decode(piece.value, { stream: true });
  }
  return new Blob(chunks);
}

function readable(text, kind) {
  let shown = text;
  if (kind === "application/json" && text.length < SHOWN) {
    try {
      const pretty = JSON.stringify(JSON.parse(text), null, 2);
      shown = text.length <= 80 && !text.includes("{") ? text : pretty;
    } catch {
      // Not JSON after all, such as NaN: it is shown as it came.
    }
  }
  return shown.length > SHOWN ? `${shown.slice(0, SHOWN)}\n… (${bytes(text.length)} in all)` : shown;
}

function link(blob) {
  const anchor = document.createElement("a");
  anchor.href = URL.createObjectURL(blob);
  anchor.download = "answer";
  anchor.textContent = "save it";
  find("answer-facts").append(" · ", anchor);
}

const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

async function copy() {
  const url = new URL("invocations", document.baseURI).href;
  const said = Object.entries(headers()).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`);
  const data = `--data-binary ${quoted(file ? `@${file.name}` : body.value)}`;
  const button = find("curl");
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(["curl", ...said, data, quoted(url)].join(" "));
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not allowed here";
  }
  setTimeout(() => (button.textContent = before), 1500);
}

export function start() {
  find("ask").addEventListener("submit", send);
  find("curl").addEventListener("click", copy);
  find("forget").addEventListener("click", forget);
  find("file").addEventListener("change", (event) => event.target.files[0] && take(event.target.files[0]));
  kindList.addEventListener("change", showKind);
  body.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send(event);
  });
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
  });
  showKind();
}
