"use strict";
(() => {
  const PAGE = 60; // cards of a step at first, so that thousands open at once
  const cards = JSON.parse(document.getElementById("data").textContent);
  const form = document.querySelector(".tools");
  const search = document.getElementById("search");
  const owner = document.getElementById("owner");
  const shown = document.getElementById("shown");
  const symbols = { create: "+", update: "~", delete: "-", drift: "!", conflict: "X", gone: "?", forget: ".", "no-op": "=" };
  const words = { create: "create", update: "update", delete: "delete", drift: "drift", conflict: "conflict", gone: "gone", forget: "forget", "no-op": "as declared" };
  const rank = { conflict: 0, delete: 1, update: 2, create: 3, drift: 4, gone: 5, forget: 6, "no-op": 7 };
  const columns = [...document.querySelectorAll(".pipeline")].map((pipeline) =>
    [...pipeline.querySelectorAll(".column")].map((column) => ({
      list: column.querySelector("[data-cards]"),
      count: column.querySelector("[data-count]"),
      cards: [],
    }))
  );
  cards.sort((a, b) => rank[a.action] - rank[b.action] || b.size - a.size);
  for (const card of cards) {
    const said = [card.name, card.address, card.account, card.owner, card.value, card.date, card.quarter, card.place];
    card.text = said.concat(...card.fields, card.notes).join("\n").toLowerCase();
  }

  const element = (name, className, text) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };

  const unwritten = (card) => card.action === "drift" || card.action === "conflict";
  const table = (card) => {
    const made = element("table");
    const compared = card.action === "update" || unwritten(card);
    if (compared) {
      const head = made.createTHead().insertRow();
      const apart = unwritten(card) || card.written.length < card.fields.length;
      const titles = ["Field", ...(apart ? ["In the CRM", "Declared"] : ["Before", "After"]), "Agreed", "Moved"];
      for (const title of titles.slice(0, card.fields[0].length)) {
        const cell = element("th", "", title);
        cell.scope = "col";
        head.append(cell);
      }
    }
    const body = made.createTBody();
    for (const [path, ...values] of card.fields) {
      const row = body.insertRow();
      const head = element("th");
      head.scope = "row";
      for (const part of path.split(/(?<=[._])/)) head.append(part, element("wbr"));
      row.append(head);
      values.forEach((value, number) => {
        const cell = row.insertCell();
        cell.append(card.written.includes(path) && number === 0 ? element("del", "", value) : value);
      });
    }
    return made;
  };

  const fill = (details, card) => {
    const body = element("div", "body");
    for (const note of card.notes) body.append(element("p", "note", note));
    if (card.fields.length) body.append(table(card));
    const where = element("p", "where");
    where.append(element("code", "", card.address + "  " + card.place));
    body.append(where);
    details.append(body);
  };

  const draw = (card) => {
    const details = element("details", "card " + card.action);
    const summary = element("summary");
    const symbol = element("span", "symbol", symbols[card.action]);
    symbol.title = words[card.action];
    symbol.setAttribute("role", "img");
    symbol.setAttribute("aria-label", words[card.action]);
    summary.append(symbol, element("span", "name", card.name), element("span", "money", card.value));
    const date = element("span", "date", card.date);
    date.title = "Closing date";
    summary.append(date);
    const changed = card.action === "update" || unwritten(card);
    const meta = [card.account, card.owner];
    const named = card.written.length ? card.written : card.fields.map((field) => field[0]);
    if (changed) meta.push((card.written.length ? "changes " : "differs in ") + named.join(", "));
    summary.append(element("span", "meta", meta.filter(Boolean).join(" · ")));
    details.append(summary);
    details.addEventListener("toggle", () => fill(details, card), { once: true });
    return details;
  };

  const show = (column, from) => {
    const fragment = document.createDocumentFragment();
    for (const card of column.cards.slice(from, from + PAGE)) fragment.append(draw(card));
    const left = column.cards.length - from - PAGE;
    if (left > 0) {
      const more = element("button", "more", "Show " + Math.min(left, PAGE) + " of " + left + " more");
      more.type = "button";
      more.addEventListener("click", () => {
        const last = column.list.children.length - 1;
        more.remove();
        show(column, from + PAGE);
        const next = column.list.children[last];
        if (next) (next.querySelector("summary") || next).focus();
      });
      fragment.append(more);
    }
    if (!column.cards.length) fragment.append(element("p", "empty", "Nothing to show"));
    column.list.append(fragment);
  };

  const render = () => {
    const terms = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const actions = new Set([...form.querySelectorAll("[name=action]:checked")].map((box) => box.value));
    const whose = owner ? owner.value : "";
    let count = 0;
    for (const column of columns.flat()) column.cards = [];
    for (const card of cards) {
      if (!actions.has(card.action) || (whose && card.owner !== whose)) continue;
      if (!terms.every((term) => card.text.includes(term))) continue;
      columns[card.at[0]][card.at[1]].cards.push(card);
      count += 1;
    }
    for (const column of columns.flat()) {
      column.list.textContent = "";
      column.count.textContent = column.cards.length.toLocaleString("en");
      show(column, 0);
    }
    shown.textContent = count.toLocaleString("en") + " of " + cards.length.toLocaleString("en") + " opportunities";
  };

  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      render();
      // What was found may be in a pipeline further down, or in a step further right.
      const first = search.value && document.querySelector(".card");
      if (first) first.scrollIntoView({ block: "nearest", inline: "nearest" });
    }, 90);
  });
  form.addEventListener("change", render);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof Element && event.target.closest("input, select, textarea");
    if (event.key === "/" && !typing) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape" && event.target === search) {
      search.value = "";
      render();
    }
  });
  render();
})();
