"use strict";
(() => {
  const read = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");

  // Search as one types: the answer to the form takes the place of the old one, and the
  // count beside the field is said. A page that follows a run puts new forms into the
  // place of old ones, so the document listens for all of them.
  let searching = 0, searched = null;
  const search = async (form) => {
    searched?.abort();
    searched = new AbortController();
    const target = document.querySelector(form.dataset.live), count = form.querySelector("[data-count]");
    const given = [...new FormData(form)].filter(([, value]) => value !== "");
    const address = form.getAttribute("action") + (given.length ? "?" + new URLSearchParams(given) : "");
    try {
      const answer = await fetch(address, { signal: searched.signal });
      if (!answer.ok) throw new Error(answer.status);
      const page = await read(answer);
      target.replaceChildren(...(page.querySelector(form.dataset.live)?.childNodes ?? []));
      const now = page.querySelector("[data-count]")?.textContent ?? "";
      if (count && count.textContent !== now) count.textContent = now;
      history.replaceState(null, "", address);
    } catch (e) {
      if (e.name !== "AbortError") form.submit();
    }
  };
  document.addEventListener("input", (e) => {
    const form = e.target.closest("form[data-live]");
    if (!form) return;
    clearTimeout(searching);
    searching = setTimeout(search, e.target.matches("select") ? 0 : 200, form);
  });
  document.addEventListener("submit", (e) => {
    if (!e.target.matches("form[data-live]")) return;
    e.preventDefault();
    clearTimeout(searching);
    search(e.target);
  });

  // The laboratory judges lines while they are typed; what stands beside them is
  // replaced where it is another, the lines themselves are not.
  const lab = document.querySelector("form[data-check]");
  if (lab) {
    let timer = 0, asked = null;
    const put = (now, old) => {
      if (old.innerHTML !== now.innerHTML) old.replaceChildren(...now.childNodes);
    };
    const check = async () => {
      asked?.abort();
      asked = new AbortController();
      try {
        const answer = await fetch("/mappings", { method: "POST", body: new URLSearchParams(new FormData(lab)), signal: asked.signal });
        if (!answer.ok) return;
        const page = await read(answer);
        const fresh = document.getElementById("v-new");
        let added = null;
        for (const now of page.querySelectorAll(".result[id]")) {
          if (now.id === "v-new") continue;
          const old = document.getElementById(now.id);
          if (!old) { added = now; continue; } // the line that is being added
          put(now, old);
          const field = old.closest(".line").querySelector("textarea, input");
          const wrong = page.querySelector(`[aria-describedby="${CSS.escape(now.id)}"]`)?.getAttribute("aria-invalid");
          if (wrong) field.setAttribute("aria-invalid", wrong); else field.removeAttribute("aria-invalid");
        }
        if (added) put(added, fresh); else fresh.replaceChildren();
        document.getElementById("copied").textContent = page.getElementById("copied").textContent;
      } catch { /* the button does the same */ }
    };
    lab.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(check, 300); });

    // A mapping that is tried on many people: how far it has come, and what came of it.
    const asking = new URLSearchParams(new FormData(lab));
    asking.set("try", "1");
    const followTrial = async () => {
      const touched = document.getElementById("touched");
      if (!touched?.querySelector("[data-progress]")) return;
      try {
        const answer = await fetch("/mappings", { method: "POST", body: asking });
        if (answer.ok) {
          touched.replaceChildren(...(await read(answer)).getElementById("touched").childNodes);
          const told = touched.querySelector(".answer");
          if (told) document.getElementById("tried").textContent = told.textContent;
        }
      } catch { /* the button does the same */ }
      setTimeout(followTrial, 1000);
    };
    setTimeout(followTrial, 500);
  }

  const button = (text, act) => {
    const b = document.createElement("button");
    b.type = "button";
    b.className = "small";
    b.textContent = text;
    b.addEventListener("click", () => act(b));
    return b;
  };

  // What is to be copied has a button where the browser lets one copy.
  const yaml = document.getElementById("copied");
  if (yaml && navigator.clipboard) {
    const said = document.createElement("span");
    said.setAttribute("role", "status");
    const row = document.createElement("p");
    row.append(button("Copy", async () => {
      try {
        await navigator.clipboard.writeText(yaml.textContent);
        said.textContent = " Copied.";
      } catch {
        said.textContent = " The browser does not let it be copied: select it.";
      }
    }), said);
    yaml.after(row);
  }

  // A page that follows a run takes the newer one in its place until the run has ended,
  // or somebody stops it. Who is at a link or a button of it stays there.
  let following = true, next = 0;
  const toggle = (b) => {
    following = !following;
    b.textContent = following ? "Stop following" : "Follow again";
    clearTimeout(next);
    if (following) follow();
  };
  const stopper = () => document.querySelector("[data-poll]")?.append(" ", button("Stop following", toggle));
  const follow = async () => {
    if (!following || !document.querySelector("[data-poll]")) return;
    try {
      const typing = document.activeElement?.matches("main input, main select, main textarea");
      const answer = typing ? null : await fetch(location.href); // nothing that is being typed is taken away
      if (answer?.ok && following) {
        const [now, old] = [(await read(answer)).querySelector("main"), document.querySelector("main")];
        const at = old.contains(document.activeElement) ? document.activeElement : null;
        const place = at ? [...old.querySelectorAll("a, button, input, select, textarea, summary")].filter((e) => e.textContent === at.textContent && e.tagName === at.tagName).indexOf(at) : -1;
        old.replaceChildren(...now.childNodes);
        stopper();
        if (!old.querySelector("[data-poll]")) document.getElementById("said").textContent = old.querySelector("h1").textContent; // it has ended
        if (at) ([...old.querySelectorAll(at.tagName)].filter((e) => e.textContent === at.textContent)[place] ?? old).focus({ preventScroll: true });
      }
    } catch { /* the next look may succeed */ }
    next = setTimeout(follow, 2000);
  };
  stopper();
  next = setTimeout(follow, 1000);

  // The time until the next run goes on while one looks, unless one stops it, or wants
  // nothing to move.
  const countdown = document.querySelector("[data-countdown]");
  if (countdown && !matchMedia("(prefers-reduced-motion: reduce)").matches) {
    const due = Date.parse(countdown.dateTime);
    let timer = 0;
    const tick = () => {
      const s = Math.round((due - Date.now()) / 1000);
      countdown.textContent = s <= 0 ? "about now" : s < 60 ? `in ${s} s` : s < 3600 ? `in ${Math.round(s / 60)} min` : `in ${Math.round(s / 3600)} h`;
      if (s > 0) timer = setTimeout(tick, s < 120 ? 1000 : 15000);
    };
    let stopped = false;
    countdown.parentElement.append(" ", button("Stop the countdown", (b) => {
      stopped = !stopped;
      b.textContent = stopped ? "Count down again" : "Stop the countdown";
      clearTimeout(timer);
      if (!stopped) tick();
    }));
    tick();
  }
})();
