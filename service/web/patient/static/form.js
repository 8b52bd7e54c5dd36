// The form works without this file. It keeps "None of these" apart from the other answers, sends once, warns before the
// session ends, and prints.
"use strict";

document.querySelectorAll("[data-alone]").forEach((alone) => {
  const boxes = [...alone.closest("fieldset").querySelectorAll("input[type=checkbox]")];
  boxes.forEach((box) => box.addEventListener("change", () => {
    if (!box.checked) return;
    if (box === alone) boxes.filter((each) => each !== alone).forEach((each) => { each.checked = false; });
    else alone.checked = false;
  }));
});

document.querySelectorAll("form").forEach((form) => {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  window.addEventListener("pageshow", () => { sent = false; });
});

const summary = document.getElementById("summary");
if (summary && !("autofocus" in HTMLElement.prototype)) summary.focus();

const print = document.querySelector("[data-print]");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}

const seconds = Number(document.body.dataset.session);
if (seconds) {
  const fiveMinutes = 300;
  let timer;
  const warn = () => {
    const box = document.createElement("div");
    box.className = "summary calm warning";
    box.setAttribute("role", "alert");
    const text = document.createElement("p");
    text.textContent = document.body.dataset.warning;
    const stay = document.createElement("button");
    stay.type = "button";
    stay.className = "secondary";
    stay.textContent = document.body.dataset.stay;
    stay.addEventListener("click", () => {
      const key = new URLSearchParams({ key: document.querySelector("input[name=key]").value });
      fetch(document.body.dataset.extend, { method: "POST", body: key }).then((answer) => {
        if (answer.ok) {
          box.remove();
          timer = setTimeout(warn, (seconds - fiveMinutes) * 1000);
        }
      });
    });
    box.append(text, stay);
    document.getElementById("main").prepend(box);
  };
  timer = setTimeout(warn, (seconds - fiveMinutes) * 1000);
}
