"use strict";
(() => {
  // Search as one types: the answer to the form takes the place of the old one.
  for (const form of document.querySelectorAll("form[data-live]")) {
    const target = document.querySelector(form.dataset.live);
    const input = form.querySelector("input[type=search]");
    let timer = 0, asked = null;
    const search = async () => {
      asked?.abort();
      asked = new AbortController();
      const address = form.getAttribute("action") + "?" + new URLSearchParams(new FormData(form));
      try {
        const answer = await fetch(address, { signal: asked.signal });
        if (!answer.ok) throw new Error(answer.status);
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        target.replaceChildren(...page.querySelector(form.dataset.live).childNodes);
        history.replaceState(null, "", address);
      } catch (e) {
        if (e.name !== "AbortError") form.submit();
      }
    };
    input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(search, 200); });
  }

  // The laboratory judges lines while they are typed; what stands beside them is
  // replaced, the lines themselves are not.
  const lab = document.querySelector("form[data-check]");
  if (lab) {
    let timer = 0, asked = null;
    const check = async () => {
      asked?.abort();
      asked = new AbortController();
      try {
        const answer = await fetch(lab.getAttribute("action"), { method: "POST", body: new URLSearchParams(new FormData(lab)), signal: asked.signal });
        if (!answer.ok) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const now of page.querySelectorAll("form[data-check] .result[id]")) {
          const old = document.getElementById(now.id);
          if (!old) continue;
          old.replaceChildren(...now.childNodes);
          old.closest(".line").className = now.closest(".line").className;
        }
        for (const id of ["copied"]) document.getElementById(id).textContent = page.getElementById(id).textContent;
      } catch { /* the button does the same */ }
    };
    lab.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(check, 300); });
  }

  // A page that follows a run takes the newer one in its place until the run has ended.
  const follow = async () => {
    if (!document.querySelector("[data-poll]")) return;
    try {
      const answer = await fetch(location.href);
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const [now, old] = [page.querySelector("main"), document.querySelector("main")];
        if (now.innerHTML !== old.innerHTML) old.replaceChildren(...now.childNodes);
      }
    } catch { /* the next look may succeed */ }
    setTimeout(follow, 2000);
  };
  setTimeout(follow, 1000);

  // The time until the next run goes on while one looks.
  const countdown = document.querySelector("[data-countdown]");
  if (countdown) {
    const due = Date.parse(countdown.dateTime);
    const tick = () => {
      const s = Math.round((due - Date.now()) / 1000);
      if (s <= 0) { countdown.textContent = "about now"; return; }
      countdown.textContent = s < 60 ? `in ${s} s` : s < 3600 ? `in ${Math.round(s / 60)} min` : `in ${Math.round(s / 3600)} h`;
      setTimeout(tick, s < 120 ? 1000 : 15000);
    };
    tick();
  }
})();
