"use strict";
// The filter and the keys. Without this script everything can be read all the same.
(() => {
  const of = (id) => document.getElementById(id);
  const form = of("filter");
  const [text, verdict, profile, area, level] =
    ["f-text", "f-verdict", "f-profile", "f-area", "f-level"].map(of);
  const grave = new Set(["fail", "error", "unknown", "xpass", "warn"]);
  // More than this opened at once would take long to draw.
  const few = 300;
  const runs = Array.from(document.querySelectorAll(".run"), (run) => ({
    node: run,
    name: run.dataset.run,
    areas: Array.from(run.querySelectorAll(".area"), (area) => ({
      node: area,
      name: area.dataset.area,
      open: area.open,
      cases: Array.from(area.querySelectorAll(".case"), (node) => ({ node, words: null })),
    })),
  }));

  const fits = (one, words) => {
    const { v, l } = one.node.dataset;
    if (verdict.value && (verdict.value === "grave" ? !grave.has(v) : v !== verdict.value)) return false;
    if (level.value && l !== level.value) return false;
    if (words.length === 0) return true;
    one.words ??= one.node.textContent.toLowerCase();
    return words.every((word) => one.words.includes(word));
  };

  const filter = () => {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const all = [text, verdict, profile, area, level].every((field) => field.value.trim() === "");
    let shown = 0;
    const touched = [];
    for (const run of runs) {
      let inRun = 0;
      for (const part of run.areas) {
        let inArea = 0;
        const here = (!profile.value || run.name === profile.value) && (!area.value || part.name === area.value);
        for (const one of part.cases) {
          const fit = here && fits(one, words);
          one.node.hidden = !fit;
          if (fit) inArea += 1;
        }
        part.node.hidden = inArea === 0;
        if (inArea > 0) touched.push(part);
        inRun += inArea;
      }
      // A run of no cases has a reason that is to be read.
      run.node.hidden = inRun === 0 && !(all || (run.areas.length === 0 && run.name === profile.value));
      shown += inRun;
    }
    for (const part of touched) part.node.open = all ? part.open : shown <= few;
    of("none").hidden = shown > 0 || all;
    of("f-status").textContent = `${shown} ${shown === 1 ? "case" : "cases"}${all ? "" : " shown"}`;
  };

  let waiting = 0;
  form.addEventListener("input", (event) => {
    if (event.target.id === "f-keys") return;
    clearTimeout(waiting);
    waiting = setTimeout(filter, event.target === text ? 120 : 0);
  });
  form.addEventListener("reset", () => setTimeout(filter, 0));
  form.addEventListener("submit", (event) => event.preventDefault());

  // What a link points at may be folded up or filtered out.
  const reveal = () => {
    const wanted = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!wanted) return;
    if (wanted.closest("[hidden]")) { form.reset(); filter(); }
    for (let node = wanted; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
    wanted.scrollIntoView();
  };
  addEventListener("hashchange", reveal);

  const heads = (only) => Array.from(document.querySelectorAll(".area[open] details.case > summary"))
    .filter((head) => !head.closest("[hidden]") && (!only || only.has(head.parentElement.dataset.v)));
  const go = (step, only) => {
    if (only) for (const run of runs) for (const part of run.areas) {
      if (part.cases.some((one) => only.has(one.node.dataset.v))) part.node.open = true;
    }
    const all = heads(only);
    if (all.length === 0) return;
    const here = document.activeElement?.closest(".case")?.querySelector("summary") ?? document.activeElement;
    const isAfter = (head) => here.compareDocumentPosition(head) & Node.DOCUMENT_POSITION_FOLLOWING;
    const isBefore = (head) => here.compareDocumentPosition(head) & Node.DOCUMENT_POSITION_PRECEDING;
    const next = here === document.body || !here
      ? (step > 0 ? all[0] : all.at(-1))
      : step > 0 ? all.find(isAfter) : all.findLast(isBefore);
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !of("f-keys").checked) return;
    if (event.key === "Escape") { form.reset(); return; }
    if (event.target.matches("input:not([type=checkbox]), select, textarea")) return;
    const act = { "/": () => { text.focus(); text.select(); }, j: () => go(1), k: () => go(-1), n: () => go(1, grave) }[event.key];
    if (act) { event.preventDefault(); act(); }
  });

  // On paper nothing can be opened.
  addEventListener("beforeprint", () => {
    for (const node of document.querySelectorAll("details.case")) if (grave.has(node.dataset.v)) node.open = true;
  });

  form.hidden = false;
  if (location.hash) reveal();
})();
