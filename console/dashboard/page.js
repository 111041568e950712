"use strict";
// Draws the figures out of the tables that stand in the page; loads nothing.
(() => {
  const { task, tables, figures } = JSON.parse(document.getElementById("payload").textContent);
  const ERRORS_ONLY = 1; // Vega warns about every layer without rows, such as "no alarm"
  const views = new Map();
  const wanted = new Set();
  const control = (id) => document.getElementById(id);

  const batches = [...(control("from")?.options ?? [])].map((option) => option.value);
  const place = new Map(batches.map((batch, index) => [batch, index]));

  function rowsOf(table) {
    const from = place.get(control("from").value) ?? 0;
    const to = place.get(control("to").value) ?? batches.length - 1;
    const [low, high] = from <= to ? [from, to] : [to, from];
    const voter = control("voter").value;
    const label = control("class").value;
    return tables[table].filter((row) =>
      (row.batch === undefined || !place.has(row.batch) ||
        (place.get(row.batch) >= low && place.get(row.batch) <= high)) &&
      (!voter || row.voter === undefined || row.voter === voter) &&
      (!label || [undefined, label].includes(row.label ?? row.class)));
  }

  function theme() {
    const css = getComputedStyle(document.documentElement);
    const colour = (name) => css.getPropertyValue(`--${name}`).trim();
    const series = [1, 2, 3, 4, 5, 6].map((n) => colour(`series-${n}`));
    const text = { labelColor: colour("ink"), titleColor: colour("quiet") };
    return {
      background: "transparent",
      aria: false,
      font: "system-ui, sans-serif",
      view: { stroke: null },
      axis: { ...text, gridColor: colour("line"), domainColor: colour("line"),
        tickColor: colour("line"), labelFontSize: 12, titleFontSize: 12 },
      legend: { ...text, labelFontSize: 13 },
      mark: { color: series[0] },
      rule: { color: series[0] },
      range: { category: series },
      style: {
        alarm: { color: colour("alarm"), stroke: colour("alarm") },
        target: { color: colour("ink"), stroke: colour("ink") },
      },
    };
  }

  async function draw(key) {
    const figure = figures[key];
    const holder = document.querySelector(`#${key} .chart`);
    const rows = rowsOf(figure.table);
    holder.classList.toggle("empty", rows.length === 0);
    if (views.has(key)) { views.get(key).finalize(); views.delete(key); }
    if (rows.length === 0) { holder.textContent = "Nothing in this selection."; return; }
    const spec = structuredClone(figure.spec);
    spec.datasets = { ...(spec.datasets ?? {}), [figure.table]: rows };
    if (spec.height?.step) {
      const distinct = new Set(rows.map((row) => figure.rows.map((column) => row[column]).join()));
      spec.height = spec.height.step * distinct.size;
    }
    const result = await window.vegaEmbed(holder, spec,
      { actions: false, renderer: "svg", config: theme(), logLevel: ERRORS_ONLY });
    holder.querySelector("svg")?.setAttribute("aria-hidden", "true");
    views.set(key, result);
  }

  const shown = (value) => value === null ? "" :
    typeof value === "number" && !Number.isInteger(value) ? value.toPrecision(4) : String(value);

  function fillTable(key) {
    const details = document.querySelector(`#${key} details`);
    if (!details.open) return;
    const rows = rowsOf(figures[key].table);
    const columns = Object.keys(tables[figures[key].table][0]);
    const table = document.createElement("table");
    const caption = table.createCaption();
    caption.textContent = `${rows.length} rows`;
    const head = table.createTHead().insertRow();
    for (const column of columns) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = column.replaceAll("_", " ");
      head.append(cell);
    }
    const body = table.createTBody();
    for (const row of rows) {
      const line = body.insertRow();
      for (const column of columns) {
        const cell = line.insertCell();
        cell.textContent = shown(row[column]);
        if (typeof row[column] === "number") cell.className = "number";
      }
    }
    details.querySelector(".scroll").replaceChildren(table);
  }

  function save(name, url) {
    const link = document.createElement("a");
    link.href = url;
    link.download = `${task}-${name}`;
    link.click();
  }

  // A cell that a spreadsheet would run as a formula is kept as text.
  const quoted = (value) => {
    const text = value === null ? "" : String(value);
    const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };

  function saveCsv(key) {
    const rows = rowsOf(figures[key].table);
    const columns = Object.keys(tables[figures[key].table][0]);
    const lines = [columns, ...rows.map((row) => columns.map((column) => row[column]))];
    const text = lines.map((line) => line.map(quoted).join(",")).join("\r\n") + "\r\n";
    const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    save(`${key}.csv`, url);
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  async function savePng(key) {
    if (!views.has(key)) await draw(key);
    const view = views.get(key)?.view;
    if (!view) return;
    const ground = getComputedStyle(document.body).backgroundColor;
    save(`${key}.png`, await view.background(ground).toImageURL("png", 2));
    view.background("transparent").run();
  }

  function say() {
    const rows = tables.quality_by_batch ? rowsOf("quality_by_batch").length : 0;
    control("state").textContent = `${rows} of ${batches.length} batches shown`;
  }

  // Tables that stand in the page are filtered in place: a row without a batch fits every batch.
  function filterFindings() {
    const from = place.get(control("from").value) ?? 0;
    const to = place.get(control("to").value) ?? batches.length - 1;
    for (const row of document.querySelectorAll(".finding tbody tr")) {
      const { batch, voter, class: label } = row.dataset;
      const at = place.get(batch);
      row.hidden = (at !== undefined && (at < Math.min(from, to) || at > Math.max(from, to))) ||
        Boolean(control("voter").value && voter && voter !== control("voter").value) ||
        Boolean(control("class").value && label && label !== control("class").value);
    }
  }

  function saveFinding(key) {
    const rows = [...document.querySelectorAll(`#${key}-finding tr`)].filter((row) => !row.hidden);
    const text = rows.map((row) =>
      [...row.cells].map((cell) => quoted(cell.textContent)).join(",")).join("\r\n") + "\r\n";
    const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    save(`${key}.csv`, url);
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  async function redraw() {
    say();
    filterFindings();
    for (const key of wanted) await draw(key);
    Object.keys(figures).forEach(fillTable);
  }

  function start() {
    const script = document.createElement("script");
    script.textContent = JSON.parse(document.getElementById("library").textContent);
    document.head.append(script);
    const watcher = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const key = entry.target.id;
        if (!entry.isIntersecting || wanted.has(key)) continue;
        wanted.add(key);
        draw(key);
      }
    }, { rootMargin: "200px" });
    for (const key of Object.keys(figures)) {
      const figure = document.getElementById(key);
      watcher.observe(figure);
      figure.querySelector("details").addEventListener("toggle", () => fillTable(key));
      figure.querySelector("[data-download=csv]").addEventListener("click", () => saveCsv(key));
      figure.querySelector("[data-download=png]").addEventListener("click", () => savePng(key));
    }
    for (const button of document.querySelectorAll("[data-save]")) {
      button.addEventListener("click", () => saveFinding(button.dataset.save));
    }
    const form = document.getElementById("filters");
    form.addEventListener("change", redraw);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(redraw));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    say();
  }

  // The library is 900 kB: the numbers and the tables are painted before it is read.
  if (Object.keys(figures).length) requestAnimationFrame(() => setTimeout(start));
})();
