"use strict";
(() => {
  const form = document.querySelector(".tools");
  if (!form) return;
  const output = form.querySelector("output");
  const count = new Intl.NumberFormat("en").format;
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

  // The index is read from the page once, at the first search; afterwards a
  // search only writes, so that the browser lays the page out once.
  let sections = null;
  const index = () => sections ??= Array.from(document.querySelectorAll("section.list"), (el) => ({
    el,
    state: el.dataset.state,
    matches: el.querySelector(".matches"),
    rows: Array.from(el.querySelectorAll(".row"), (row) => ({
      el: row, action: row.dataset.action, cause: row.dataset.cause, hidden: false,
      text: fold(row.textContent + " " + row.querySelector("b").title),
    })),
  }));

  const wishes = () => Object.fromEntries(["q", "action", "cause", "state"].map((k) => [k, form.elements[k].value.trim()]));

  const filter = () => {
    const { q, action, cause, state } = wishes();
    const words = fold(q).split(/\s+/).filter(Boolean);
    const all = !words.length && !action && !cause && !state;
    let shown = 0, total = 0;
    for (const section of index()) {
      let here = 0;
      for (const row of section.rows) {
        const hidden = !!(state && state !== section.state) || !!(action && action !== row.action) ||
          !!(cause && cause !== row.cause) || !words.every((w) => row.text.includes(w));
        if (hidden !== row.hidden) row.el.hidden = row.hidden = hidden;
        if (!hidden) here++;
      }
      section.el.hidden = here === 0;
      section.matches.textContent = all ? "" : count(here) + " shown";
      shown += here;
      total += section.rows.length;
    }
    output.textContent = all ? "" : count(shown) + " of " + count(total);
  };

  const remember = () => {
    const wanted = new URLSearchParams(Object.entries(wishes()).filter(([, v]) => v)).toString();
    try {
      history.replaceState(null, "", wanted ? "#" + wanted : location.pathname + location.search);
    } catch { /* a page without an address of its own has none to keep */ }
  };

  const recall = () => {
    const wanted = new URLSearchParams(location.hash.slice(1));
    for (const k of ["q", "action", "cause", "state"]) form.elements[k].value = wanted.get(k) ?? "";
    filter();
  };

  let timer = 0;
  const soon = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(() => { filter(); remember(); }, wait);
  };
  form.addEventListener("input", (e) => soon(e.target.name === "q" ? 120 : 0));
  form.addEventListener("reset", () => soon(0));
  form.addEventListener("submit", (e) => e.preventDefault());
  addEventListener("hashchange", recall);
  addEventListener("keydown", (e) => {
    if (e.key === "/" && e.target === document.body) {
      e.preventDefault();
      form.elements.q.focus();
    }
  });

  // Folded lists are printed unfolded.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = Array.from(document.querySelectorAll(".row:not([hidden]) details:not([open])"));
    for (const el of opened) el.open = true;
  });
  addEventListener("afterprint", () => {
    for (const el of opened) el.open = false;
  });

  form.hidden = false;
  if (location.hash.length > 1) recall();
})();
