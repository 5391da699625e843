"use strict";
// Filters, folds, keys and collects decisions.  Everything else is there without it.
(() => {
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
  const words = JSON.parse($("#words").textContent);
  const store = `llmgen ${words.started} ${words.commit}`;
  const cards = $$(".card");
  const gaps = cards.filter((card) => !card.classList.contains("bug"));
  const form = $("#filters");
  document.documentElement.classList.add("scripted");

  function remember(name, value) { try { localStorage.setItem(name, value); } catch { /* a private window */ } }
  function recall(name) { try { return localStorage.getItem(name); } catch { return null; } }

  // --- Theme ---------------------------------------------------------------------------------
  const themes = ["system", "light", "dark"];
  function dress(theme) {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    $("#theme").textContent = `Theme: ${theme}`;
    $("#theme").dataset.value = theme;
  }
  const wanted = recall("llmgen theme");
  dress(themes.includes(wanted) ? wanted : "system");
  $("#theme").addEventListener("click", () => {
    dress(themes[(themes.indexOf($("#theme").dataset.value) + 1) % themes.length]);
    remember("llmgen theme", $("#theme").dataset.value);
  });

  // --- Filters, in the fragment --------------------------------------------------------------
  const fields = ["kind", "state", "file", "operator", "new", "text"];
  function matches(card, filters) {
    for (const name of ["kind", "state", "file", "operator", "new"]) {
      if (filters.get(name) && card.dataset[name] !== filters.get(name)) return false;
    }
    const fn = filters.get("function");
    if (fn && card.dataset.function !== fn) return false;
    const text = (filters.get("text") || "").toLowerCase();
    return !text || card.textContent.toLowerCase().includes(text);
  }
  function current() {
    const filters = new URLSearchParams();
    for (const name of fields) if (form && form.elements[name].value) filters.set(name, form.elements[name].value);
    return filters;
  }
  function apply(filters) {
    let shown = 0;
    for (const card of gaps) {
      card.hidden = !matches(card, filters);
      shown += card.hidden ? 0 : 1;
    }
    const count = $("#count");
    if (count) count.textContent = shown === gaps.length ? `${shown} gaps` : `${shown} of ${gaps.length} gaps`;
  }
  function fromFragment() {
    const raw = location.hash.slice(1);
    if (raw.includes("=")) {
      const filters = new URLSearchParams(raw);
      if (form) {
        for (const name of fields) form.elements[name].value = filters.get(name) || "";
        apply(filters);
      }
      return;
    }
    const target = raw && document.getElementById(decodeURIComponent(raw));
    if (!target) { if (!raw && form) { form.reset(); apply(new URLSearchParams()); } return; }
    if (target.hidden && form) { form.reset(); apply(new URLSearchParams()); }
    unfold(target);
    if (target.classList.contains("card")) { target.focus({ preventScroll: true }); target.scrollIntoView({ block: "nearest" }); }
  }
  function unfold(element) {
    const inner = $("details", element);
    if (inner && element.classList.contains("card")) inner.open = true;
    for (let each = element; each; each = each.parentElement) if (each.tagName === "DETAILS") each.open = true;
  }
  if (form) {
    const changed = () => {
      const filters = current();
      const text = filters.toString();
      history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
      apply(filters);
    };
    form.addEventListener("input", changed);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(changed));
    $("#fold").addEventListener("click", () => {
      const open = gaps.some((card) => !card.hidden && $("details", card).open);
      for (const card of gaps) $("details", card).open = !open;
      $("#fold").textContent = open ? "Unfold all" : "Fold all";
    });
  }
  addEventListener("hashchange", fromFragment);
  document.addEventListener("click", (event) => {  // the same link twice is no change of the fragment
    const link = event.target instanceof Element && event.target.closest("a[href^='#']");
    if (link && link.hash === location.hash) fromFragment();
  });

  // --- Decisions -----------------------------------------------------------------------------
  const LEAST_REASON = 12;
  const decided = new Map();
  const tests = new Map();
  try {
    const kept = JSON.parse(recall(store) || "{}");
    for (const [id, entry] of kept.gaps || []) decided.set(id, entry);
    for (const [id, entry] of kept.tests || []) tests.set(id, entry);
  } catch { /* what is stored is not ours */ }

  function isWhole(entry) { return Boolean(entry.class) && entry.reason.trim().length >= LEAST_REASON; }
  function changedDecisions() {
    remember(store, JSON.stringify({ gaps: [...decided], tests: [...tests] }));
    const whole = [...decided.values()].filter(isWhole).length;
    const halves = decided.size - whole;
    $("#decisions").hidden = decided.size + tests.size === 0;
    const parts = [`${whole} decision${whole === 1 ? "" : "s"}`, `${tests.size} test${tests.size === 1 ? "" : "s"}`];
    $("#decided").textContent = parts.join(", ") + (halves ? `; ${halves} without a reason` : "");
    for (const card of cards) card.classList.toggle("decided", decided.has(card.id) && isWhole(decided.get(card.id)));
  }
  function button(text, name, pressed) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.dataset.choice = name;
    made.setAttribute("aria-pressed", pressed ? "true" : "false");
    return made;
  }
  function press(box, name) {
    for (const each of $$("[data-choice]", box)) each.setAttribute("aria-pressed", each.dataset.choice === name ? "true" : "false");
  }
  function equip(card) {
    const box = $("#decide-gap").content.firstElementChild.cloneNode(true);
    const entry = () => decided.get(card.id) || { class: "", reason: "", ref: "", expires: "" };
    $("legend", box).textContent = `Decision on ${card.id}`;
    for (const name of card.dataset.classes.split(" ")) {
      const choice = button(name, name, entry().class === name);
      choice.title = words.classes[name];
      $(".choices", box).append(choice);
    }
    const inputs = $$("input", box);
    for (const input of inputs) input.value = entry()[input.name] || "";
    const update = (change) => {
      const next = { ...entry(), ...change };
      if (next.class || next.reason.trim()) decided.set(card.id, next); else decided.delete(card.id);
      press(box, next.class);
      const needs = next.class && !isWhole(next);
      $(".problem", box).textContent = needs ? "Not counted yet: it needs a reason of 12 characters or more." : "";
      changedDecisions();
    };
    card.decide = (name) => { update({ class: entry().class === name ? "" : name }); if (entry().class) inputs[0].focus(); };
    $(".choices", box).addEventListener("click", (event) => {
      const choice = event.target.closest("[data-choice]");
      if (choice) update({ class: entry().class === choice.dataset.choice ? "" : choice.dataset.choice });
    });
    for (const input of inputs) input.addEventListener("input", () => update({ [input.name]: input.value }));
    $("details", card).append(box);
  }
  function equipTest(article) {
    const id = article.dataset.test;
    const box = $("#decide-test").content.firstElementChild.cloneNode(true);
    const entry = () => tests.get(id) || { decision: "", reason: "" };
    for (const name of ["accept", "reject"]) $(".choices", box).append(button(name, name, entry().decision === name));
    const why = $("select", box);
    why.value = entry().reason;
    const show = () => { why.parentElement.hidden = entry().decision !== "reject"; press(box, entry().decision); changedDecisions(); };
    $(".choices", box).addEventListener("click", (event) => {
      const choice = event.target.closest("[data-choice]");
      if (!choice) return;
      const decision = entry().decision === choice.dataset.choice ? "" : choice.dataset.choice;
      if (decision) tests.set(id, { decision, reason: decision === "reject" ? why.value : "" }); else tests.delete(id);
      show();
    });
    why.addEventListener("input", () => { tests.set(id, { decision: "reject", reason: why.value }); show(); });
    article.append(box);
    show();
  }
  cards.forEach(equip);
  $$(".test").forEach(equipTest);
  changedDecisions();

  function collected() {
    const gone = (text) => text.trim() || null;
    return {
      version: 1,
      report: { started: words.started, commit: words.commit },
      decisions: [...decided].filter(([, entry]) => isWhole(entry)).map(([id, entry]) => (
        { id, class: entry.class, reason: entry.reason.trim(), ref: gone(entry.ref || ""), expires: gone(entry.expires || "") })),
      tests: [...tests].map(([nodeid, entry]) => ({ nodeid, decision: entry.decision, reason: gone(entry.reason) })),
    };
  }
  function quoted(text) { return `'${text.replaceAll("'", "'\\''")}'`; }
  function asCommands() {
    const all = collected();
    const lines = all.decisions.map((each) => [
      "pytest", `--llm-accept=${each.id}`, `--llm-class=${each.class}`, `--llm-reason=${quoted(each.reason)}`,
      ...(each.expires ? [`--llm-expires=${each.expires}`] : []),
      ...(each.ref ? [`--llm-ref=${quoted(each.ref)}`] : [])].join(" "));
    for (const each of all.tests) lines.push(`pytest --llm-${each.decision}=${quoted(each.nodeid)}${each.reason ? ` --llm-reason=${each.reason}` : ""}`);
    return lines.join("\n");
  }
  $("#download").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`${JSON.stringify(collected(), null, 1)}\n`], { type: "application/json" }));
    link.download = "llmgen-decisions.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    show("pytest --llm-accept-file=llmgen-decisions.json", "Downloaded as llmgen-decisions.json. In the project's folder, run:");
  });
  function show(text, note) {
    const dialog = $("#shown");
    $("textarea", dialog).value = text;
    $("#shown-note").textContent = note;
    if (!dialog.open) dialog.showModal();
  }
  async function copy(text) { try { await navigator.clipboard.writeText(text); return true; } catch { return false; } }
  document.addEventListener("click", async (event) => {
    const from = event.target instanceof Element && event.target.closest("[data-copy]");
    if (!from) return;
    const [text, label] = [from.dataset.copy, from.textContent];
    if (!await copy(text)) { show(text, "To copy:"); return; }
    from.textContent = "Copied";
    setTimeout(() => { from.textContent = label; }, 1500);
  });
  $("#copy").addEventListener("click", async () => {
    const text = asCommands();
    show(text, await copy(text) ? "Copied. In the project's folder, run:" : "Copy these lines, and run them in the project's folder:");
  });
  $("#forget").addEventListener("click", () => {
    if (!confirm("Forget all decisions made in this page?")) return;
    decided.clear(); tests.clear(); changedDecisions();
    for (const box of $$(".decide")) { press(box, ""); for (const input of $$("input", box)) input.value = ""; }
  });

  // --- Tables --------------------------------------------------------------------------------
  for (const table of $$("table.sortable")) {
    const heads = $$("thead th", table);
    heads.forEach((head, column) => {
      const sorter = document.createElement("button");
      sorter.type = "button";
      sorter.textContent = head.textContent;
      head.replaceChildren(sorter);
      sorter.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        for (const each of heads) each.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const key = (row) => { const cell = row.cells[column]; return cell.dataset.sort ?? cell.textContent; };
        const rows = [...table.tBodies[0].rows];
        rows.sort((a, b) => key(a).localeCompare(key(b), "en", { numeric: true }) || 0);
        if (rows.length && rows[0].cells[column].dataset.sort !== undefined) rows.sort((a, b) => Number(key(a)) - Number(key(b)));
        table.tBodies[0].append(...(down ? rows.reverse() : rows));
      });
    });
  }

  // --- Keys ----------------------------------------------------------------------------------
  let keysOn = recall("llmgen keys") !== "off";
  function showKeys() {
    $("#keys").setAttribute("aria-pressed", keysOn ? "true" : "false");
    $("#keys").textContent = `Keyboard shortcuts: ${keysOn ? "on" : "off"}`;
  }
  showKeys();
  $("#keys").addEventListener("click", () => { keysOn = !keysOn; remember("llmgen keys", keysOn ? "on" : "off"); showKeys(); });
  $("#help").addEventListener("click", () => $("#keyhelp").showModal());

  const visibleCards = () => cards.filter((card) => !card.hidden);
  const here = () => document.activeElement && document.activeElement.closest(".card");
  function go(card) { if (card) { card.focus({ preventScroll: true }); card.scrollIntoView({ block: "start" }); } }
  function step(by) {
    const list = visibleCards();
    const at = list.indexOf(here());
    go(list[at < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(Math.max(at + by, 0), list.length - 1)]);
  }
  function file(by) {
    const list = visibleCards();
    const files = [...new Set(list.map((card) => card.dataset.file))];
    const at = files.indexOf(here() ? here().dataset.file : "");
    const next = files[at < 0 ? 0 : Math.min(Math.max(at + by, 0), files.length - 1)];
    go(list.find((card) => card.dataset.file === next));
  }
  const letters = { e: "equivalent", u: "unreachable", w: "wont-test", t: "tested-elsewhere" };
  const actions = {
    j: () => step(1), k: () => step(-1), "[": () => file(-1), "]": () => file(1),
    "/": () => { if (form) form.elements.text.focus(); },
    "?": () => $("#keyhelp").showModal(),
    o: (card) => { const inner = card && $("details", card); if (inner) inner.open = !inner.open; },
    c: (card) => { if (card) copy(card.id).then((done) => { if (!done) show(card.id, "Copy the id:"); }); },
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea");
    if (event.key === "Escape" && typing && !event.target.closest("dialog")) { const card = here(); typing.blur(); if (card) card.focus({ preventScroll: true }); return; }
    if (!keysOn || typing || event.ctrlKey || event.altKey || event.metaKey || event.target.closest("dialog")) return;
    const card = here();
    if (event.key === "Enter" && event.target.classList.contains("card")) { event.preventDefault(); actions.o(card); return; }
    const choice = letters[event.key];
    if (choice && card && card.decide && card.dataset.classes.split(" ").includes(choice)) {
      event.preventDefault();
      $("details", card).open = true;
      card.decide(choice);
      return;
    }
    const action = actions[event.key];
    if (action) { event.preventDefault(); action(card); }
  });

  addEventListener("beforeprint", () => { for (const each of $$("details.fnsrc, .card > details")) each.open = true; });
  fromFragment();
})();
