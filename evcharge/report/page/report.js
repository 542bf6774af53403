"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const FIRST_ROWS = 100;
  const table = document.getElementById("stations");
  const body = table.tBodies[0];
  const filter = document.getElementById("filter");
  const more = document.getElementById("more");
  const state = { key: null, falling: false, words: new Set(), text: "", all: false };
  const NAMES = [...table.tHead.rows[0].cells].map((head) => head.firstChild.textContent.trim());
  const SVG = "http://www.w3.org/2000/svg";

  const element = (name, attributes, text) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const drawing = (width, height, label) => {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    if (label) { svg.setAttribute("role", "img"); svg.setAttribute("aria-label", label); } else svg.setAttribute("aria-hidden", "true");
    return svg;
  };
  const path = (svg, d, attributes) => {
    const made = document.createElementNS(SVG, "path");
    made.setAttribute("d", d);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    svg.append(made);
  };

  // What turns the direction of other text is shown as an escape, as output.py does it.
  const TURNING = /(\\*)([\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069])|\\+(?=u(?:061c|200[ef]|202[a-e]|206[6-9]))/g;
  const visible = (text) => text.replace(TURNING, (all, before, sign) =>
    (sign ? `${before}${before}\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}` : all + all));

  // What is not known is not there.
  const ratio = (successes, attempts) => (attempts ? successes / attempts : null);
  const reasonOf = (row) => (row.r ? `${visible(row.r)} ${row.share}` : "");

  // The interval of one station: line, mark, the rate before, the target. Ratios become tenths of a per cent.
  const across = (ratio) => Math.round(10 * Math.max(0, Math.min(124, 124 * (ratio - data.axis) / (1 - data.axis)))) / 10;
  const SHAPES = [
    (x) => `M${x - 4.5} 5.5h9l-4.5 8z`,
    (x) => `M${x - 4} 5l8 8m0 -8l-8 8`,
    (x) => `M${x - 4} 9a4 4 0 1 0 8 0a4 4 0 1 0 -8 0`,
    (x) => `M${x - 4} 9a4 4 0 1 0 8 0a4 4 0 1 0 -8 0`,
  ];
  const intervalOf = (row) => {
    const svg = drawing(124, 18, row.ci && `95% interval ${row.ci}`);
    const target = across(data.target), now = ratio(row.n, row.m);
    path(svg, `M${target} 0V18`, { stroke: "var(--muted)", "stroke-dasharray": "2 2" });
    if (now === null) return svg;
    const colour = `var(--${["bad", "silent", "muted", "ok"][row.w]})`;
    if (row.l !== undefined) {
      const low = across(row.l);
      path(svg, `M${low} 9H${across(row.h)}`, { stroke: colour, "stroke-width": 1.5, opacity: 0.7 });
      if (row.l < data.axis) path(svg, "M4 6L0 9L4 12", { stroke: colour, fill: "none", "stroke-width": 1.5 });
    }
    if (row.b !== undefined) path(svg, `M${across(row.b)} 4V14`, { stroke: "var(--ink)", "stroke-width": 1.5 });
    const filled = row.w === 0 || row.w === 3;
    path(svg, SHAPES[row.w](across(now)), { stroke: colour, "stroke-width": 1.5, fill: filled ? colour : "var(--paper)" });
    return svg;
  };
  const stripOf = (row) => {
    const svg = drawing(124, 18, null);
    const step = 124 / data.bins;
    const paths = {};
    for (let at = 0; at < row.d.length; at += 1) {
      const level = row.d[at];
      if (level === ".") continue;
      paths[level] = (paths[level] || "") + `M${(at * step).toFixed(1)} 3h${step.toFixed(1)}v12h-${step.toFixed(1)}z`;
    }
    for (const level of Object.keys(paths).sort()) {
      const worked = level === "0";
      path(svg, paths[level], { fill: worked ? "var(--ok-pale)" : "var(--bad)", opacity: worked ? 1 : 0.2 * Number(level) });
    }
    return svg;
  };

  // As cells.id_and_place has it: what the label does not say already.
  const detailOf = (row) => [row.id, data.cities[row.y]].filter((part) => part && !row.s.includes(part)).join(" · ");
  const nameOf = (row) => {
    const name = element("bdi", {}, visible(row.s));
    if (!row.p) return name;
    const link = element("a", { href: row.p });
    link.append(name);
    return link;
  };
  // A cell knows the name of its column, which stands before it where rows are paragraphs; roles as in table.html.
  const cellOf = (place, tone, text) => element("td", { role: "cell", class: tone, "data-label": NAMES[place] }, text);
  const rowOf = (row) => {
    const made = element("tr", { role: "row", class: `${data.words[row.w].tone}-row` });
    const head = element("th", { role: "rowheader", scope: "row" });
    head.append(
      element("span", { class: `mark ${data.words[row.w].tone}`, "aria-hidden": "true" }, data.words[row.w].mark),
      " ", nameOf(row), element("span", { class: "unseen" }, `, ${data.words[row.w].word}`));
    const detail = detailOf(row);
    if (detail) head.append(element("small", {}, visible(detail)));
    const graphic = cellOf(2, "g"), strip = cellOf(6, "s"), why = cellOf(8, "w");
    if (row.r) why.append(element("bdi", {}, visible(row.r)), ` ${row.share}`);
    graphic.append(intervalOf(row));
    strip.append(stripOf(row));
    made.append(
      head, cellOf(1, "r", row.now), graphic, cellOf(3, "r", row.wk), cellOf(4, "r", row.all), cellOf(5, "r", row.of),
      strip, cellOf(7, "d", row.since), why, cellOf(9, "r", row.lost));
    return made;
  };

  const SORTED_BY = {
    station: (row) => row.s.toLowerCase(), now: (row) => ratio(row.n, row.m), weeks: (row) => ratio(row.u, row.v), period: (row) => ratio(row.k, row.t), attempts: (row) => row.t,
    since: (row) => (row.since ? (row.w === 1 ? row.e : row.f) : null), lost: (row) => (row.w < 2 ? row.c ?? null : null),
  };
  const compared = (one, other) => {
    const [a, b] = [SORTED_BY[state.key](one), SORTED_BY[state.key](other)];
    if (a === null || b === null) return (a === null) - (b === null);
    const order = typeof a === "string" ? a.localeCompare(b) : a - b;
    return state.falling ? -order : order;
  };
  const chosen = () => {
    const wanted = state.text.toLowerCase();
    const rows = data.rows.filter((row) =>
      (!state.words.size || state.words.has(row.w)) && (!wanted || `${row.s} ${row.id} ${reasonOf(row)}`.toLowerCase().includes(wanted)));
    return state.key ? rows.map((row, at) => [row, at]).sort((a, b) => compared(a[0], b[0]) || a[1] - b[1]).map(([row]) => row) : rows;
  };
  const show = () => {
    const rows = chosen();
    const some = state.all ? rows : rows.slice(0, FIRST_ROWS);
    body.replaceChildren(...some.map(rowOf));
    more.hidden = some.length === rows.length;
    more.querySelector("button").textContent = `Show all ${rows.length.toLocaleString("en")} stations`;
    document.getElementById("shown").textContent = `${some.length.toLocaleString("en")} of ${data.rows.length.toLocaleString("en")} shown`;
    for (const head of table.tHead.rows[0].cells) {
      if (head.dataset.key === state.key) head.setAttribute("aria-sort", state.falling ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
  };

  for (const head of table.tHead.rows[0].cells) {
    if (!head.dataset.key) continue;
    const button = element("button", { type: "button" }, head.firstChild.textContent.trim());
    const how = head.querySelector(".how");
    head.replaceChildren(button, ...(how ? [how] : []));
    button.addEventListener("click", () => {
      const again = state.key === head.dataset.key;
      state.falling = again ? !state.falling : ["lost", "attempts", "since"].includes(head.dataset.key);
      state.key = head.dataset.key;
      show();
    });
  }
  for (const chip of document.querySelectorAll(".chip")) {
    chip.addEventListener("click", () => {
      const word = Number(chip.dataset.word);
      if (!state.words.delete(word)) state.words.add(word);
      chip.setAttribute("aria-pressed", String(state.words.has(word)));
      show();
    });
  }
  filter.addEventListener("input", () => { state.text = filter.value; show(); });
  more.querySelector("button").addEventListener("click", () => { state.all = true; show(); });
  document.addEventListener("keydown", (event) => {
    const typing = /^(input|textarea|select)$/i.test(event.target.tagName);
    if (event.key === "/" && !typing) { event.preventDefault(); filter.focus(); }
    if (event.key === "Escape" && event.target === filter) { filter.value = state.text = ""; show(); }
  });

  // The download is the text of evcharge report --csv: its head, and the rows that are chosen, in the order shown.
  const download = document.getElementById("download");
  const csvRows = async () => {
    const packed = Uint8Array.from(atob(document.getElementById("csv").textContent), (sign) => sign.charCodeAt(0));
    const text = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(text).text());
  };
  download.hidden = typeof DecompressionStream === "undefined";
  download.addEventListener("click", async () => {
    const wanted = chosen();
    const [head, ...rows] = await csvRows();
    const places = new Map(data.rows.map((row, at) => [row, at]));
    const blob = new Blob([head, ...wanted.map((row) => rows[places.get(row)])], { type: "text/csv" });
    const link = element("a", { href: URL.createObjectURL(blob), download: "stations.csv" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });

  document.getElementById("controls").hidden = false;
  show();
})();
