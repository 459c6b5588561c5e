/* Sorts and filters the connections, and opens them for paper. Without it the page is complete. */
"use strict";
(() => {
  const table = document.querySelector(".table");
  if (!table) {
    return;
  }
  const connections = [...table.tBodies].filter((body) => body.classList.contains("connection"));
  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const told = connections.map((body) => ({
    body,
    status: body.dataset.status,
    details: body.querySelector("details"),
    cells: [...body.rows[0].cells].map((cell) => cell.textContent.trim()),
    words: (body.rows[0].textContent + " " + body.querySelector("summary").textContent).toLowerCase(),
  }));

  /* ---- filtering ---- */
  const search = make("input", { type: "search", placeholder: "Filter: name, address, cause, words…", spellcheck: false });
  search.setAttribute("aria-label", "Filter the connections");
  const statuses = [...new Set(told.map((one) => one.status))];
  const status = make("select", {}, make("option", { value: "", textContent: "every status" }),
    ...statuses.map((name) => make("option", { value: name, textContent: name.replace("_", " ") })));
  status.setAttribute("aria-label", "Status");
  const all = make("button", { type: "button", textContent: "Open all" });
  const count = make("output", {});
  const nobody = make("p", { className: "none", hidden: true, textContent: "No connection fits the filter." });

  /* A word may stand anywhere; one in quotes is a whole cell of the table. */
  const fitting = (one) => (word) => word.startsWith('"')
    ? one.cells.some((cell) => cell.toLowerCase() === word.replaceAll('"', ""))
    : one.words.includes(word);
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const one of told) {
      const fits = (status.value === "" || one.status === status.value) &&
        words.every(fitting(one));
      one.body.hidden = !fits;
      shown += fits;
    }
    nobody.hidden = shown > 0 || told.length === 0;
    count.textContent = shown === told.length ? `${shown} shown` : `${shown} of ${told.length} shown`;
    const open = told.filter((one) => !one.body.hidden).every((one) => one.details.open);
    all.textContent = open ? "Close all" : "Open all";
  };
  search.addEventListener("input", filter);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      search.value = "";
      filter();
    }
  });
  status.addEventListener("change", filter);
  all.addEventListener("click", () => {
    const open = all.textContent === "Open all";
    for (const one of told.filter((each) => !each.body.hidden)) {
      one.details.open = open;
    }
    filter();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) {
      event.preventDefault();
      search.focus();
    }
  });
  if (told.length > 1) {
    table.before(make("div", { className: "controls" }, search, status, all, count));
    table.after(nobody);
  }

  /* What the charts name can be asked for. */
  for (const cell of told.length > 1 ? document.querySelectorAll(".chart [data-filter]") : []) {
    const button = make("button", { type: "button", title: "Show these connections" }, ...cell.childNodes);
    button.addEventListener("click", () => {
      search.value = `"${cell.dataset.filter}"`;
      filter();
      document.getElementById("connections").scrollIntoView();
    });
    cell.append(button);
  }

  /* ---- sorting ---- */
  const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const heads = [...table.tHead.rows[0].cells];
  const sort = (column, direction) => {
    const sorted = [...told].sort((one, other) => {
      const left = one.cells[column] || "", right = other.cells[column] || "";
      if ((left === "") !== (right === "")) {
        return left === "" ? 1 : -1; /* what is not known stands last, either way */
      }
      return direction * order.compare(left, right);
    });
    table.append(...sorted.map((one) => one.body));
    heads.forEach((head, index) => {
      if (index === column) {
        head.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
      } else {
        head.removeAttribute("aria-sort");
      }
    });
  };
  if (told.length > 1) {
    heads.forEach((head, column) => {
      const button = make("button", { type: "button" }, ...head.childNodes);
      button.addEventListener("click", () => {
        sort(column, head.getAttribute("aria-sort") === "ascending" ? -1 : 1);
      });
      head.append(button);
    });
  }

  /* ---- opening ---- */
  const reveal = () => {
    const target = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
    const details = target ? target.closest("details") || target.querySelector("details") : null;
    if (details && !details.open) {
      details.open = true;
      target.scrollIntoView();
    }
  };
  window.addEventListener("hashchange", reveal);
  reveal();
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = told.filter((one) => !one.details.open);
    closed.forEach((one) => { one.details.open = true; });
  });
  window.addEventListener("afterprint", () => {
    closed.forEach((one) => { one.details.open = false; });
    closed = [];
  });
  filter();
})();
