// The page: routes, tables, charts. Figures are shown as their text is in the CSV; a number is made of one to draw a bar or to sort, never to
// add up. Everything from the data goes into the document as text.
"use strict";

(() => {
const contents = JSON.parse(document.getElementById("contents").textContent);
const sums = JSON.parse(document.getElementById("sums").textContent);
const told = new Map([...contents.figures, ...contents.reports].map((one) => [one.name, one]));
const isReport = (name) => contents.reports.some((one) => one.name === name);
const has = (name) => told.has(name) && told.get(name).is_here;

// ---------------------------------------------------------------- elements

function h(tag, given = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(given)) {
        if (value === undefined || value === null || value === false) continue;
        if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
        else if (name === "class") element.className = value;
        else element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
    return element;
}

function say(text) {
    const place = document.getElementById("said");
    place.textContent = text;
    place.classList.add("shown");
    clearTimeout(say.timer);
    say.timer = setTimeout(() => place.classList.remove("shown"), 2600);
}

async function copy(text, what) {
    try {
        await navigator.clipboard.writeText(text);
    } catch {
        const area = h("textarea", { class: "aside", "aria-hidden": "true" });
        area.value = text;
        (document.querySelector("dialog[open]") || document.body).append(area);
        area.select();
        document.execCommand("copy");
        area.remove();
    }
    say(`${what} copied`);
}

function download(text, name) {
    const address = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
    const link = h("a", { href: address, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
}

const words = (name) => {
    const text = name.replace("page.", "").replaceAll("_", " ");
    return text.charAt(0).toUpperCase() + text.slice(1);
};
const LABELS = { days_30_amount: "1–30 days", days_60_amount: "31–60 days", days_90_amount: "61–90 days", over_90_amount: "Over 90 days", customer_count: "Customers", invoice_count: "Invoices", exception_count: "Exceptions", check_count: "Checks", finalized_invoice_count: "Finalized invoices" };
const label = (name) => LABELS[name] || words(name.replace(/_amount$/, "").replace(/_id$/, " ID").replace(/^is_/, ""));
const count = (number) => String(number).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
const counted = (number, one, more = `${one}s`) => `${count(number)} ${number === 1 ? one : more}`;

// ---------------------------------------------------------------- rows

const texts = new Map();
const read = new Map();

async function textOf(name) {
    if (!texts.has(name)) {
        const letters = document.getElementById(`rows-${name}`).textContent;
        const bytes = Uint8Array.fromBase64 ? Uint8Array.fromBase64(letters) : Uint8Array.from(atob(letters), (letter) => letter.charCodeAt(0));
        const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
        texts.set(name, new TextDecoder("utf-8", { ignoreBOM: true }).decode(await new Response(stream).arrayBuffer()));
    }
    return texts.get(name);
}

// As the files are written: an empty field is null, and empty text stands in quotes.
function parse(text) {
    const from = text.charCodeAt(0) === 0xfeff ? 1 : 0;
    if (!text.includes('"')) {
        const lines = text.slice(from).split("\n");
        lines.pop();
        return lines.map((line) => line.split(",").map((cell) => (cell === "" ? null : cell)));
    }
    const rows = [];
    let [row, at] = [[], from];
    while (at < text.length) {
        let cell;
        if (text.charCodeAt(at) === 34) {
            cell = "";
            for (at += 1; ; ) {
                const end = text.indexOf('"', at);
                cell += text.slice(at, end);
                at = end + 1;
                if (text.charCodeAt(at) !== 34) break;
                cell += '"';
                at += 1;
            }
        } else {
            const start = at;
            for (let code = text.charCodeAt(at); code !== 44 && code !== 10; code = text.charCodeAt(at)) at += 1;
            cell = start === at ? null : text.slice(start, at);
        }
        row.push(cell);
        if (text.charCodeAt(at) === 10) {
            rows.push(row);
            row = [];
        }
        at += 1;
    }
    return rows;
}

const quoted = (cell) => (cell === null ? "" : cell === "" || /[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
const csv = (rows) => rows.map((row) => `${row.map(quoted).join(",")}\n`).join("");
const tabbed = (cell) => (cell === null ? "" : /["\t\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
const tsv = (rows) => rows.map((row) => row.map(tabbed).join("\t")).join("\n");

async function rowsOf(name) {
    if (!read.has(name)) {
        read.set(name, textOf(name).then((text) => {
            const [names, ...rows] = parse(text);
            const said = new Map(told.get(name).columns.map((column) => [column.name, column]));
            const columns = names.map((column) => said.get(column) || { name: column, kind: "text", unit: null, doc: "" });
            const place = Object.fromEntries(names.map((column, at) => [column, at]));
            return { name, columns, rows, place, get: (row, column) => (column in place ? row[place[column]] : null) };
        }));
    }
    return read.get(name);
}

const numeric = (column) => column.kind === "decimal" || column.kind === "integer";
const only = (table, filters) => {
    const wanted = Object.entries(filters).filter(([column]) => column in table.place).map(([column, values]) => [table.place[column], [values].flat()]);
    return table.rows.filter((row) => wanted.every(([at, values]) => values.includes(row[at])));
};

// ---------------------------------------------------------------- amounts

const digits = new Map();
const digitsOf = (currency) => {
    if (digits.has(currency)) return digits.get(currency);
    return /^[A-Z]{3}$/.test(currency || "") ? 2 : null;
};

// [before the point, point and the currency's digits, digits beyond]
function cut(text, places) {
    const [, sign, whole, rest] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) || [];
    if (whole === undefined) return [text, "", ""];
    const grouped = sign + whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
    if (rest === undefined) return [grouped, "", ""];
    return [grouped, `.${rest.slice(0, places)}`, rest.slice(places)];
}

const TAIL = 4;

function amount(text, currency, width) {
    if (text === null) return h("span", { class: "unknown", title: "not known" }, "–");
    const places = digitsOf(currency) ?? 2;
    const [whole, main, tail] = cut(text, places);
    const short = tail.length > TAIL ? `${tail.slice(0, TAIL - 1)}…` : tail;
    const behind = h("span", { class: "behind" }, main, tail ? h("i", {}, short) : null);
    if (width) behind.style.width = `${width}ch`;
    return h("span", { class: text.startsWith("-") ? "amount below" : "amount", title: text }, whole, behind);
}

const brief = (text, currency) => {
    const [whole, main, tail] = cut(text, digitsOf(currency) ?? 2);
    return h("span", { class: "amount", title: text }, whole, main, tail ? h("i", {}, "…") : null);
};
// With every digit.
const exact = (text, currency) => {
    const [whole, main, tail] = cut(text, digitsOf(currency) ?? 2);
    return h("span", { class: "money" }, h("span", { class: "amount" }, whole, main, tail ? h("i", {}, tail) : null), " ", h("span", { class: "unit" }, currency || ""));
};
const money = (text, currency) => h("span", { class: "money" }, text === null ? amount(null) : brief(text, currency), " ", h("span", { class: "unit" }, currency || ""));
const shown = (text, currency) => (text === null ? "not known" : `${cut(text, 99).join("")} ${currency || ""}`.trim());
const instant = (text) => text.replace("T00:00:00Z", "").replace("T", " ").replace(/Z$/, "");
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-/;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const month = (date) => (date === null ? "none yet" : `${MONTHS[Number(date.slice(5, 7)) - 1]} ${date.slice(0, 4)}`);

// ---------------------------------------------------------------- where a figure leads

// Of a figure that queries add up: the report it is of, and the columns that find its rows there.
const BEHIND = {
    "page.exceptions_by_code": ["reconciliation_exceptions", ["code", "severity", "status"]],
    "page.restated_by_month": ["restatements", ["booked_month", "month", "report", "figure"]],
    "page.revenue_by_month": ["revenue_schedule", ["month", "category", "currency"]],
    "page.revenue_totals": ["revenue_schedule", ["month", "currency"]],
    "page.deferred_by_month": ["deferred_revenue_rollforward", ["month", "currency"]],
    "page.deferred_by_booking": ["deferred_revenue_waterfall", ["booking_month", "recognition_month", "currency"]],
    "page.receivables_by_age": ["invoice_status", ["ageing_bucket", "currency"]],
    "page.receivables_by_customer": ["invoice_status", ["customer_id", "currency"], { ageing_bucket: ["not due", "1-30", "31-60", "61-90", "over 90", "undated"] }],
    "page.commits_now": ["commit_burndown", ["commit_id", "day"]],
    "page.customers_billed": ["customer_summary", ["customer_id", "currency"]],
};

const route = (path, filters = {}) => {
    const query = Object.entries(filters).flatMap(([column, values]) => [values].flat().map((value) => `${encodeURIComponent(column)}=${value === null ? "" : encodeURIComponent(value === "" ? '""' : value)}`));
    return `#/${path}${query.length ? `?${query.join("&")}` : ""}`;
};
const pick = (table, row, columns) => Object.fromEntries(columns.map((column) => [column, table.get(row, column)]));

const inKey = (value) => (value === null ? "" : value === "" || /[",]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
const inShell = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const explain = (report, key) => `etl explain ${report} ${inShell(Object.entries(key).map(([column, value]) => `${column}=${inKey(value)}`).join(","))}`;

function behind(name, table, row) {
    if (isReport(name)) {
        const { grain } = told.get(name);
        return grain.length ? { report: name, key: pick(table, row, grain) } : null;
    }
    const known = BEHIND[name];
    if (!known || !told.has(known[0])) return null;
    const key = pick(table, row, known[1]);
    return { report: known[0], key, filters: { ...key, ...known[2] } };
}

function command(text) {
    return h("div", { class: "command" }, h("code", {}, text), h("button", { type: "button", class: "quiet", onclick: () => copy(text, "Command") }, "Copy"));
}

function detail(name, table, row) {
    const dialog = document.getElementById("detail");
    const about = told.get(name);
    const currency = table.get(row, "currency");
    const leads = behind(name, table, row);
    const links = [];
    const link = (path, text, filters) => links.push(h("a", { href: route(path, filters), onclick: () => dialog.close() }, text));
    if (leads?.filters) {
        link(`report/${leads.report}`, `The rows of ${leads.report} behind it`, leads.filters);
    }
    const [customer, invoice, commit] = ["customer_id", "invoice_id", "commit_id"].map((column) => table.get(row, column));
    if (customer) link(`customer/${encodeURIComponent(customer)}`, "The customer");
    if (invoice) link(`invoice/${encodeURIComponent(invoice)}`, "The invoice");
    if (commit && has("page.commits_now")) link(`commit/${encodeURIComponent(commit)}`, "The commit");
    const facts = table.columns.map((column, at) => {
        const value = row[at];
        const unit = column.unit === "currency" ? currency : column.unit;
        const filter = isReport(name) && !numeric(column)
            ? h("a", { class: "narrow", href: route(`report/${name}`, { [column.name]: value }), onclick: () => dialog.close(), title: "Only rows with this value" }, "only these")
            : null;
        return h("div", {},
            h("dt", {}, h("span", { class: "name" }, column.name), h("small", {}, column.doc)),
            h("dd", {}, value === null ? h("span", { class: "unknown" }, "empty") : h("span", { class: numeric(column) ? "value number" : "value" }, value), unit && value !== null && numeric(column) ? h("span", { class: "unit" }, unit) : null, filter));
    });
    dialog.replaceChildren(...[
        h("header", {}, h("div", {}, h("small", {}, isReport(name) ? `${name}.csv` : "added up for this page"), h("h2", { id: "detail-title" }, words(name))), h("button", { type: "button", class: "quiet", onclick: () => dialog.close(), "aria-label": "Close" }, "Close")),
        links.length ? h("p", { class: "links" }, links) : null,
        leads ? [h("p", { class: "muted" }, "Where it comes from, down to files and rows:"), command(explain(leads.report, leads.key))] : null,
        h("dl", {}, facts),
        h("p", { class: "muted" }, about.title),
        h("footer", {}, h("button", { type: "button", onclick: () => copy(tsv([table.columns.map((column) => column.name), row]), "Row") }, "Copy the row")),
    ].flat().filter(Boolean));
    dialog.showModal();
    dialog.scrollTop = 0;
}

document.getElementById("detail").addEventListener("click", (event) => {
    if (event.target === event.currentTarget) event.currentTarget.close();
});

// ---------------------------------------------------------------- tables

const live = { grids: [], charts: [] };

function compare(column) {
    if (numeric(column)) {
        return (a, b) => {
            const [x, y] = [Number(a), Number(b)];
            return x - y || (a < b ? -1 : a > b ? 1 : 0);
        };
    }
    return (a, b) => (a < b ? -1 : a > b ? 1 : 0);
}

// Nothing is last, whichever the direction.
const sorter = (column) => {
    const order = compare(column);
    return (a, b, _first, _second, _column, direction) => {
        if (a === null || b === null) return a === b ? 0 : (a === null ? 1 : -1) * (direction === "asc" ? 1 : -1);
        return order(a, b);
    };
};

// How wide a text is, as the tables write it.
const pen = document.createElement("canvas").getContext("2d");
const wide = (text, size = 0.93) => {
    pen.font = `${size * 14}px ${getComputedStyle(document.body).fontFamily}`;
    return pen.measureText(text).width;
};

function widths(table, places, rows, room) {
    const digit = wide("0");
    const measured = places.map((at) => {
        const column = table.columns[at];
        let [longest, tail, whole] = [0, 0, 0];
        for (let row = 0; row < rows.length && row < 2000; row += Math.ceil(rows.length / 400) || 1) {
            const text = rows[row][at];
            if (text === null) continue;
            if (column.kind === "decimal") {
                const [before, main, rest] = cut(text, digitsOf(table.get(rows[row], "currency")) ?? 2);
                tail = Math.max(tail, main.length + Math.min(rest.length, TAIL));
                whole = Math.max(whole, before.length);
            } else {
                const written = UUID.test(text) ? `${text.slice(0, 8)}…` : column.kind === "timestamp" ? instant(text) : column.kind === "integer" ? cut(text, 0)[0] : text;
                if (written.length * digit * 1.3 > longest) longest = Math.max(longest, wide(written));
            }
        }
        if (column.kind === "decimal") longest = (whole + tail + 1) * digit;
        const head = Math.max(...label(column.name).split(" ").map((word) => wide(word, 0.86)), 0.62 * wide(label(column.name), 0.86)) + 12;
        const most = column.kind === "text" ? 260 : 320;
        return { tail, width: Math.round(Math.min(Math.max(Math.max(longest, head) + 24, 62), most)), grows: column.kind === "text" && !column.name.endsWith("_id") };
    });
    const left = room - measured.reduce((all, one) => all + one.width, 0) - 2;
    if (left > 0) {
        const growing = measured.filter((one) => one.grows);
        const taking = growing.length ? growing : measured;
        taking.forEach((one) => (one.width += Math.floor(left / taking.length)));
    }
    return measured;
}

// A table with what can be done with it: filter, sort, copy, download; a row opens its detail, or what `open` says.
async function grid(name, given = {}) {
    const table = await rowsOf(name);
    const filters = { ...given.filters };
    const hidden = given.hide || [];
    const places = table.columns.map((_, at) => at).filter((at) => !hidden.includes(table.columns[at].name));
    const base = given.where ? table.rows.filter((row) => given.where(table, row)) : table.rows;
    const input = h("input", { type: "search", placeholder: "Filter rows", "aria-label": `Filter the rows of ${words(name)}`, autocomplete: "off", spellcheck: "false" });
    const said = h("span", { class: "count", "aria-live": "polite" });
    const chips = h("span", { class: "chips" });
    const holder = h("div", { class: "grid" });
    const names = () => table.columns.map((column) => column.name);
    let rows = [];
    let tabulator = null;
    let active = null;

    function chosen() {
        const wanted = Object.entries(filters).filter(([column]) => column in table.place).map(([column, values]) => [table.place[column], [values].flat()]);
        const needles = input.value.toLowerCase().split(/\s+/).filter(Boolean);
        return base.filter((row) => wanted.every(([at, values]) => values.includes(row[at]))
            && needles.every((needle) => row.some((cell) => cell !== null && cell.toLowerCase().includes(needle))));
    }
    const sorted = () => (tabulator ? tabulator.getData("active") : rows);
    const title = given.title === undefined ? null : h("h3", {}, given.title);
    const bar = h("div", { class: "bar" }, title, input, chips, said,
        h("span", { class: "acts" },
            h("button", { type: "button", class: "quiet", title: "Copy these rows as a spreadsheet takes them", onclick: () => copy(tsv([names(), ...sorted()]), counted(rows.length, "row")) }, "Copy"),
            h("button", { type: "button", class: "quiet", title: "Download these rows as CSV", onclick: async () => {
                const whole = rows.length === table.rows.length;
                download(whole ? await textOf(name) : csv([names(), ...sorted()]), whole ? `${name.replace("page.", "")}.csv` : `${name.replace("page.", "")}_filtered.csv`);
            } }, "CSV")));
    const box = h("section", { class: "table", "data-table": name }, bar, holder);

    function tell() {
        said.textContent = rows.length === base.length ? counted(rows.length, "row") : `${count(rows.length)} of ${counted(base.length, "row")}`;
        chips.replaceChildren(...Object.entries(filters).filter(([column]) => column in table.place).map(([column, values]) => {
            const all = [values].flat();
            const text = all.length > 2 ? `${all.length} values` : all.map((value) => (value === null ? "empty" : UUID.test(value) ? `${value.slice(0, 8)}…` : value)).join(" or ");
            return h("button", { type: "button", class: "chip", title: `Drop this filter: ${all.join(", ")}`, onclick: () => { delete filters[column]; refresh(); } }, `${label(column)}: ${text}`, h("span", { "aria-hidden": "true" }, " ×"));
        }));
    }

    async function refresh() {
        rows = chosen();
        active = null;
        tell();
        if (!tabulator) return;
        tabulator.setHeight(size());
        await tabulator.replaceData(rows);
    }
    const most = () => (given.height ? given.height() : 420);
    const size = () => Math.max(Math.min(rows.length * 27 + 64, most()), 96);
    let timer = null;
    input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(refresh, 120); });

    function cellOf(at, tail) {
        const column = table.columns[at];
        return (cell) => {
            const text = cell.getValue();
            const row = cell.getRow().getData();
            if (column.kind === "decimal") return amount(text, table.get(row, "currency"), tail);
            if (text === null) return "";
            if (column.kind === "integer") return h("span", {}, cut(text, 0)[0]);
            if (column.kind === "timestamp") return h("span", {}, instant(text));
            if (UUID.test(text)) return h("span", { class: "id", title: text }, `${text.slice(0, 8)}…`);
            if (["severity", "status", "pace", "ageing_bucket", "payment"].includes(column.name)) return h("span", { class: `tag ${text.replaceAll(" ", "-").toLowerCase().replace(/[^a-z0-9-]/g, "")}` }, text);
            return h("span", { title: text.length > 28 ? text : null }, text);
        };
    }

    const open = (row) => (given.open ? given.open(table, row) : detail(name, table, row));
    rows = chosen();
    tell();
    box.draw = () => {
        const room = holder.clientWidth;
        const measured = widths(table, places, rows.length ? rows : base, room);
        tabulator = new Tabulator(holder, {
            data: rows,
            height: size(),
            layout: "fitData",
            nestedFieldSeparator: false,
            index: "none",
            selectableRows: 1,
            headerSortTristate: true,
            placeholder: "No row has this.",
            rowHeight: 27,
            columnHeaderSortMulti: true,
            columns: places.map((at, order) => {
                const column = table.columns[at];
                return {
                    title: label(column.name),
                    field: String(at),
                    width: measured[order].width,
                    hozAlign: numeric(column) ? "right" : "left",
                    headerHozAlign: numeric(column) ? "right" : "left",
                    sorter: sorter(column),
                    headerWordWrap: true,
                    resizable: "header",
                    titleFormatter: () => h("button", { type: "button", class: "head", title: `${column.name}: ${column.doc}${column.unit ? ` [${column.unit}]` : ""}` }, label(column.name)),
                    formatter: cellOf(at, measured[order].tail),
                };
            }),
        });
        tabulator.on("rowClick", (_, row) => open(row.getData()));
        tabulator.on("tableBuilt", () => {
            const place = holder.querySelector(".tabulator-tableholder");
            if (place) {
                place.tabIndex = 0;
                place.setAttribute("aria-label", `${words(name)}: arrow keys move, Enter opens a row`);
            }
        });
        tabulator.on("dataSorted", () => (active = null));
        holder.addEventListener("keydown", (event) => {
            if (!event.target.classList.contains("tabulator-tableholder")) return;
            const all = tabulator.getRows("active");
            if (!all.length) return;
            const here = active ? active.getPosition() - 1 : -1;
            const next = { ArrowDown: here + 1, ArrowUp: here - 1, PageDown: here + 12, PageUp: here - 12, Home: 0, End: all.length - 1 }[event.key];
            if (event.key === "Enter" && active) {
                event.preventDefault();
                return open(active.getData());
            }
            if (next === undefined) return;
            event.preventDefault();
            active = all[Math.max(0, Math.min(next, all.length - 1))];
            tabulator.deselectRow();
            active.select();
            tabulator.scrollToRow(active, "nearest", false).catch(() => {});
        });
        live.grids.push({ box, table, places, name, rows: sorted, close: () => tabulator.destroy() });
    };
    return box;
}

// ---------------------------------------------------------------- charts

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const inks = () => ["--c1", "--c2", "--c3", "--c4", "--c5", "--c6", "--c7", "--c8", "--c9"].map(style);
const axisText = (value) => {
    for (const [size, letter] of [[1e9, "bn"], [1e6, "m"], [1e3, "k"]]) {
        if (Math.abs(value) >= size) return `${Number((value / size).toPrecision(3))}${letter}`;
    }
    return String(Number(value.toPrecision(3)));
};

// `make` gives what ECharts draws, with the colours of the moment; `said` is what it shows, in words.
function chart(said, make, given = {}) {
    const holder = h("div", { class: `chart ${given.class || ""}`, role: "img", "aria-label": said });
    holder.draw = () => {
        const drawn = echarts.init(holder, null, { renderer: "canvas" });
        const fresh = () => {
            const [ink, line] = [style("--muted"), style("--line")];
            const text = { color: ink, fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 11 };
            const axis = (one) => ({ axisLabel: { ...text, hideOverlap: true }, axisLine: { lineStyle: { color: line } }, axisTick: { show: false }, splitLine: { lineStyle: { color: line } }, ...one });
            drawn.setOption(make({ text, axis, line, ink: style("--ink"), inks: inks(), tooltip: { renderMode: "richText", confine: true, backgroundColor: style("--card"), borderColor: line, textStyle: { ...text, color: style("--ink"), fontSize: 12 }, transitionDuration: 0 } }), true);
        };
        fresh();
        if (given.open) drawn.on("click", given.open);
        live.charts.push({ fresh, size: () => drawn.resize(), close: () => drawn.dispose() });
    };
    return holder;
}

const base = (kit, more) => ({
    animation: false,
    color: kit.inks,
    textStyle: kit.text,
    grid: { left: 6, right: 10, top: more.legend === false ? 12 : 34, bottom: 4, containLabel: true },
    legend: more.legend === false ? undefined : { type: "scroll", top: 0, left: 0, itemWidth: 10, itemHeight: 10, icon: "roundRect", textStyle: kit.text, pageIconColor: kit.text.color, pageTextStyle: kit.text, pageIconInactiveColor: kit.line },
    ...more.over,
});

function stacked(said, table, across, by, value, currency, given = {}) {
    const rows = given.rows || table.rows;
    const xs = [...new Set(rows.map((row) => table.get(row, across)))].sort();
    const groups = [...new Set(rows.map((row) => table.get(row, by)))].sort();
    const found = new Map(rows.map((row) => [`${table.get(row, by)} ${table.get(row, across)}`, row]));
    const at = (group, x) => found.get(`${group} ${x}`);
    const name = (group) => (given.group ? given.group(group) : words(group));
    return chart(said, (kit) => ({
        ...base(kit, { legend: given.legend }),
        color: given.colours ? groups.map((group) => style(given.colours[group] || "--c9")) : given.shades ? groups.map((_, place) => shade(place, groups.length)) : kit.inks,
        tooltip: { ...kit.tooltip, trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: kit.line, opacity: 0.35 } },
            formatter: (all) => [month(xs[all[0].dataIndex]), ...all.filter((one) => at(groups[one.seriesIndex], xs[one.dataIndex])).slice(-14).map((one) => `${one.seriesName}   ${shown(table.get(at(groups[one.seriesIndex], xs[one.dataIndex]), value), currency)}`)].join("\n") },
        xAxis: kit.axis({ type: "category", data: xs.map(month), splitLine: { show: false } }),
        yAxis: kit.axis({ type: "value", axisLabel: { ...kit.text, formatter: axisText } }),
        series: groups.map((group) => ({ name: name(group), type: "bar", stack: "all", barMaxWidth: 34, emphasis: { focus: "series" }, data: xs.map((x) => (at(group, x) ? Number(table.get(at(group, x), value)) : null)) })),
    }), { open: (event) => { const row = at(groups[event.seriesIndex], xs[event.dataIndex]); if (row) detail(table.name, table, row); } });
}

function shade(place, all) {
    const [from, to] = [style("--shade-from"), style("--shade-to")].map((text) => [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16)));
    const part = all > 1 ? place / (all - 1) : 0;
    return `rgb(${from.map((value, at) => Math.round(value + (to[at] - value) * part)).join(",")})`;
}

// ---------------------------------------------------------------- pages

const state = { currency: null };
const card = (title, about, ...inside) => h("section", { class: "card" }, h("header", {}, h("h2", {}, title), about ? h("p", {}, about) : null), inside);
const more = (path, text) => h("a", { class: "more", href: path }, text);
const headline = (name, value, note) => h("div", { class: "headline" }, h("span", { class: "name" }, name), value, note ? h("small", {}, note) : null);
const ofCurrency = (table, row) => table.get(row, "currency") === state.currency;
const inCurrency = async (name) => {
    const table = await rowsOf(name);
    return [table, table.rows.filter((row) => ofCurrency(table, row))];
};
const absent = (what) => h("p", { class: "muted empty" }, what);

async function newestDay() {
    if (!has("page.newest_day")) return null;
    const table = await rowsOf("page.newest_day");
    return table.rows.length ? table.get(table.rows[0], "as_of_date") : null;
}

// Of rows by month, those of months that have ended; all where that is not known.
async function ended(table, rows) {
    const day = await newestDay();
    const done = rows.filter((row) => !day || table.get(row, "month") < `${day.slice(0, 7)}-01`);
    return done.length ? done : rows;
}

async function attention() {
    const tiles = [];
    const tile = (kind, name, value, note, path) => tiles.push(h(path ? "a" : "div", { class: `tile ${kind}`, href: path || null }, h("span", { class: "name" }, name), h("strong", {}, value), h("small", {}, note)));
    if (has("page.exceptions_by_code")) {
        const table = await rowsOf("page.exceptions_by_code");
        const number = (severity, status) => table.rows.filter((row) => table.get(row, "severity") === severity && table.get(row, "status") === status).reduce((all, row) => all + Number(table.get(row, "exception_count")), 0);
        const [block, warn] = [number("block", "open"), number("warn", "open")];
        const accepted = number("block", "accepted") + number("warn", "accepted");
        tile(block ? "bad" : warn ? "warn" : "good", "Exceptions", block ? `${count(block)} blocking` : warn ? `${count(warn)} open` : "none open",
            [block && warn ? `${count(warn)} that only warn` : block || !warn ? null : "none blocks", accepted ? `${count(accepted)} accepted` : null].filter(Boolean).join(", ") || "everything reconciles", "#/exceptions");
    }
    const checks = await rowsOf("page.checks_by_result");
    const broken = checks.rows.filter((row) => checks.get(row, "check_name") !== null);
    const blocking = broken.filter((row) => checks.get(row, "severity") === "block");
    const held = checks.rows.filter((row) => checks.get(row, "check_name") === null).reduce((all, row) => all + Number(checks.get(row, "check_count")), 0);
    tile(blocking.length ? "bad" : broken.length ? "warn" : "good", "Checks", broken.length ? counted(broken.length, "finding") : "all hold", `${count(held)} hold`, "#/checks");
    const day = await newestDay();
    tile("plain", "Data until", day || "not known", day ? "newest day of the data, UTC" : "no file tells when it is from", null);
    const closed = await rowsOf("page.months_closed");
    const standing = closed.rows.filter((row) => closed.get(row, "reopened_at") === null).map((row) => closed.get(row, "month")).sort();
    tile("plain", "Closed through", standing.length ? month(standing.at(-1)) : "no month", standing.length ? "with all months before it" : "etl close freezes one", "#/closes");
    if (has("page.restated_by_month")) {
        const table = await rowsOf("page.restated_by_month");
        const figures = table.rows.reduce((all, row) => all + Number(table.get(row, "figure_count")), 0);
        tile(figures ? "warn" : "good", "Restatements", figures ? counted(figures, "figure") : "none", figures ? "closed figures that moved" : "no closed figure moved", "#/report/restatements");
    }
    return h("div", { class: "tiles" }, tiles);
}

const CATEGORIES = { prepaid_drawdown: "--c1", postpaid_drawdown: "--c6", on_demand: "--c2", overage: "--c3", scheduled: "--c5", subscription: "--c8", expiration: "--c7", true_up: "--c4" };

async function revenue(whole) {
    if (!has("page.revenue_by_month")) return null;
    const [table, rows] = await inCurrency("page.revenue_by_month");
    const [totals, sums] = await inCurrency("page.revenue_totals");
    if (!rows.length) return card("Revenue", null, absent(`No revenue in ${state.currency}.`));
    const done = await ended(totals, sums);
    const newest = done.at(-1);
    const before = done.at(-2);
    const draw = stacked(`Revenue by month and category in ${state.currency}; the table has the same figures`, table, "month", "category", "recognized_amount", state.currency, { rows, colours: CATEGORIES });
    const facts = h("div", { class: "headlines" }, headline(month(totals.get(newest, "month")), money(totals.get(newest, "recognized_amount"), state.currency), "newest whole month"), before ? headline(month(totals.get(before, "month")), money(totals.get(before, "recognized_amount"), state.currency)) : null);
    if (!whole) return card("Revenue", "recognized, by month and category", facts, draw, more("#/revenue", "Revenue in full"));
    return [h("h1", {}, "Revenue"), lead("revenue_schedule"), card("By month and category", null, facts, draw),
        await grid("page.revenue_totals", { title: "By month", where: ofCurrency, hide: ["currency"] }),
        await grid("page.revenue_by_month", { title: "By month and category", where: ofCurrency, hide: ["currency"] }), source("revenue_schedule")];
}

async function deferred(whole) {
    if (!has("page.deferred_by_month")) return null;
    const [table, rows] = await inCurrency("page.deferred_by_month");
    if (!rows.length) return card("Deferred revenue", null, absent(`No deferred revenue in ${state.currency}.`));
    const newest = (await ended(table, rows)).at(-1);
    const draw = chart(`Deferred revenue at the end of each month in ${state.currency}; the table has the same figures`, (kit) => ({
        ...base(kit, {}),
        tooltip: { ...kit.tooltip, trigger: "axis", formatter: (all) => { const row = rows[all[0].dataIndex]; return [month(table.get(row, "month")), ...[["Closing balance", "closing_amount"], ["Billed", "billed_amount"], ["Recognized", "recognized_amount"], ["Lapsed", "expired_amount"]].map(([name, column]) => `${name}   ${shown(table.get(row, column), state.currency)}`)].join("\n"); } },
        xAxis: kit.axis({ type: "category", data: rows.map((row) => month(table.get(row, "month"))), splitLine: { show: false } }),
        yAxis: kit.axis({ type: "value", axisLabel: { ...kit.text, formatter: axisText } }),
        series: [
            { name: "Billed in the month", type: "bar", barMaxWidth: 16, data: rows.map((row) => Number(table.get(row, "billed_amount"))) },
            { name: "Recognized in the month", type: "bar", barMaxWidth: 16, data: rows.map((row) => Number(table.get(row, "recognized_amount"))) },
            { name: "Closing balance", type: "line", symbolSize: 5, lineStyle: { width: 2 }, data: rows.map((row) => Number(table.get(row, "closing_amount"))) },
        ],
    }), { open: (event) => detail("page.deferred_by_month", table, rows[event.dataIndex]) });
    const facts = h("div", { class: "headlines" }, headline(`End of ${month(table.get(newest, "month"))}`, money(table.get(newest, "closing_amount"), state.currency), "deferred"), headline("Billed in advance", money(table.get(newest, "billed_amount"), state.currency)), whole ? headline("Recognized", money(table.get(newest, "recognized_amount"), state.currency)) : null);
    if (!whole) return card("Deferred revenue", "the contract liability, month by month", facts, draw, more("#/deferred", "Roll-forward and waterfall"));
    const inside = [h("h1", {}, "Deferred revenue"), lead("deferred_revenue_rollforward"), card("Roll-forward", "billed, recognized and what is left", facts, draw), await grid("page.deferred_by_month", { title: "Roll-forward by month", where: ofCurrency, hide: ["currency"] })];
    if (has("page.deferred_by_booking")) {
        const [waterfall, all] = await inCurrency("page.deferred_by_booking");
        const dated = all.filter((row) => waterfall.get(row, "recognition_month") !== null && Number(waterfall.get(row, "recognized_amount")) !== 0);
        const bars = stacked(`When what was billed in advance becomes revenue, by the month of billing, in ${state.currency}; the table has the same figures`, waterfall, "recognition_month", "booking_month", "recognized_amount", state.currency, { rows: dated, shades: true, group: (booked) => (booked === null ? "not billed yet" : `billed ${month(booked)}`) });
        inside.push(card("Waterfall", "each month's recognized revenue, by the month it was billed in; darker is billed later", bars), await grid("page.deferred_by_booking", { title: "Waterfall by month of billing", where: ofCurrency, hide: ["currency"] }));
    }
    return [inside, source("deferred_revenue_rollforward"), source("deferred_revenue_waterfall")];
}

async function receivables(whole) {
    if (!has("page.receivables_by_age")) return null;
    const [table, rows] = await inCurrency("page.receivables_by_age");
    if (!rows.length) return card("Receivables", null, absent(`Nothing is outstanding in ${state.currency}.`));
    const draw = chart(`What is outstanding in ${state.currency}, by days past due; the table has the same figures`, (kit) => ({
        ...base(kit, { legend: false }),
        tooltip: { ...kit.tooltip, trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: kit.line, opacity: 0.35 } }, formatter: (all) => { const row = rows[rows.length - 1 - all[0].dataIndex]; return `${table.get(row, "ageing_bucket")}\n${shown(table.get(row, "outstanding_amount"), state.currency)}\n${counted(Number(table.get(row, "invoice_count")), "invoice")}`; } },
        xAxis: kit.axis({ type: "value", axisLabel: { ...kit.text, hideOverlap: true, formatter: axisText } }),
        yAxis: kit.axis({ type: "category", data: rows.map((row) => table.get(row, "ageing_bucket")).reverse(), splitLine: { show: false } }),
        series: [{ type: "bar", barMaxWidth: 20, data: rows.map((row) => ({ value: Number(table.get(row, "outstanding_amount")), itemStyle: { color: { "not due": kit.inks[1], "over 90": kit.inks[3] }[table.get(row, "ageing_bucket")] || kit.inks[0] } })).reverse() }],
    }), { class: "low", open: (event) => detail("page.receivables_by_age", table, rows[rows.length - 1 - event.dataIndex]) });
    const list = h("table", { class: "small" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Days past due"), h("th", { scope: "col", class: "right" }, "Invoices"), h("th", { scope: "col", class: "right" }, `Outstanding, ${state.currency}`))),
        h("tbody", {}, rows.map((row) => h("tr", {}, h("th", { scope: "row" }, h("a", { href: route("report/invoice_status", { ageing_bucket: table.get(row, "ageing_bucket"), currency: state.currency }) }, table.get(row, "ageing_bucket"))), h("td", { class: "right" }, count(table.get(row, "invoice_count"))), h("td", { class: "right" }, amount(table.get(row, "outstanding_amount"), state.currency, 7))))));
    if (!whole) return card("Receivables", "what is outstanding, by days past due", draw, list, more("#/receivables", "By customer"));
    return [h("h1", {}, "Receivables"), lead("invoice_status"), card("By age", null, h("div", { class: "split" }, draw, list)),
        await grid("page.receivables_by_customer", { title: "By customer", where: ofCurrency, hide: ["currency", "customer_id"], height: () => 560 }), source("invoice_status")];
}

async function commits(whole) {
    if (!has("page.commits_now")) return null;
    const [table, rows] = await inCurrency("page.commits_now");
    const running = rows.filter((row) => table.get(row, "is_running") === "true");
    if (!rows.length) return card("Commits", null, absent(`No commits in ${state.currency}.`));
    const paced = (pace) => running.filter((row) => table.get(row, "pace") === pace).length;
    const facts = h("div", { class: "headlines" }, headline("Running", h("span", { class: "money" }, count(running.length)), "commits and credits"), headline("Faster than even", h("span", { class: "money" }, count(paced("faster"))), "used up early at this pace"), headline("Slower than even", h("span", { class: "money" }, count(paced("slower"))), "some may lapse"));
    const open = (_, row) => (location.hash = route(`commit/${encodeURIComponent(table.get(row, "commit_id"))}`));
    const where = (all, row) => ofCurrency(all, row) && all.get(row, "is_running") === "true";
    if (!whole) return card("Commits", "burn-down beside an even pace", facts, await grid("page.commits_now", { where: (all, row) => where(all, row) && all.get(row, "pace") === "faster", hide: ["customer_id", "contract_id", "commit_id", "currency", "day", "is_running", "drawn_amount", "balance_type", "pace"], open, height: () => 250, title: "Faster than even" }), more("#/commits", "All commits"));
    return [h("h1", {}, "Commits"), lead("commit_burndown"), card("Pace", null, facts), await grid("page.commits_now", { title: "Running commits and credits", where, hide: ["customer_id", "contract_id", "currency", "is_running", "day"], open, height: () => 600 }), source("commit_burndown")];
}

async function customers(whole) {
    if (!has("page.customers_billed")) return null;
    const open = (table, row) => (location.hash = route(`customer/${encodeURIComponent(table.get(row, "customer_id") ?? "")}`));
    const hide = ["customer_id", "currency"];
    if (!whole) return card("Customers", "what was billed and what is left, largest first", await grid("page.customers_billed", { where: ofCurrency, hide: [...hide, "agreement_names"], open, height: () => 330, title: "" }), more("#/customers", "All customers"));
    return [h("h1", {}, "Customers"), lead("customer_summary"), await grid("page.customers_billed", { where: ofCurrency, hide, open, height: tall, title: "" }), source("customer_summary")];
}

const tall = () => Math.max(window.innerHeight - 270, 320);
const lead = (name) => h("p", { class: "lead" }, told.get(name)?.title || "");
const source = (name) => (told.has(name) ? h("p", { class: "muted" }, "Every row: ", h("a", { href: route(`report/${name}`) }, name), ` (${name}.csv, ${counted(told.get(name).rows, "row")})`) : null);

// What is open, by what is wrong.
async function open() {
    if (!has("page.exceptions_by_code")) return null;
    const table = await rowsOf("page.exceptions_by_code");
    const rows = table.rows.filter((row) => table.get(row, "status") === "open").slice(0, 6);
    if (!rows.length) return null;
    const line = (row) => h("tr", {}, h("th", { scope: "row" }, h("a", { href: route("report/reconciliation_exceptions", pick(table, row, ["code", "severity", "status"])) }, table.get(row, "description") || table.get(row, "code"))), h("td", {}, h("span", { class: `tag ${table.get(row, "severity")}` }, table.get(row, "severity") === "block" ? "blocks" : "warns")), h("td", { class: "right" }, count(table.get(row, "exception_count"))), h("td", { class: "right" }, table.get(row, "first_seen") || ""));
    return card("What does not reconcile", null, h("table", { class: "small since" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "What is wrong"), h("th", { scope: "col" }, "What it does"), h("th", { scope: "col", class: "right" }, "Exceptions"), h("th", { scope: "col", class: "right" }, "Since"))), h("tbody", {}, rows.map(line))), more("#/exceptions", "All exceptions"));
}

async function overview() {
    return [h("h1", { class: "aside" }, "Overview"), await attention(), await open(),
        h("div", { class: "cards" }, await Promise.all([revenue(), deferred(), receivables(), commits()])), await customers()];
}

async function exceptions() {
    if (!has("page.exceptions_by_code")) return [h("h1", {}, "Exceptions"), absent("The report reconciliation_exceptions was not made.")];
    return [h("h1", {}, "Exceptions"), lead("reconciliation_exceptions"), await grid("page.exceptions_by_code", { title: "By what is wrong" }), has("reconciliation_exceptions") ? await grid("reconciliation_exceptions", { title: "Each of them", hide: ["exception_id", "accepted_reason"], height: () => 560 }) : await left("reconciliation_exceptions", {})];
}

async function checked() {
    return [h("h1", {}, "Checks"), lead("page.checks_by_result"), await grid("page.checks_by_result", { title: "" }), h("p", { class: "muted" }, "Every check with its result: "), command('etl sql -c "select * from etl.checks order by offending_rows desc, check_name"')];
}

async function closes() {
    return [h("h1", {}, "Closed months"), lead("page.months_closed"), (await rowsOf("page.months_closed")).rows.length ? await grid("page.months_closed", { title: "" }) : absent("No month was closed yet. A close freezes a month's figures and writes its pack:"), command("etl close 2024-03")];
}

function facts(table, row, columns) {
    return h("dl", { class: "facts" }, columns.filter((column) => column in table.place && table.get(row, column) !== null).map((column) => h("div", {}, h("dt", {}, label(column)), h("dd", {}, column.endsWith("_amount") ? exact(table.get(row, column), table.get(row, "currency")) : column === "customer_name" && table.get(row, "customer_id") ? h("a", { href: route(`customer/${encodeURIComponent(table.get(row, "customer_id"))}`) }, table.get(row, column)) : table.get(row, column).endsWith("Z") ? instant(table.get(row, column)) : table.get(row, column)))));
}

// What reports have about one thing, each as a table.
async function about(column, value, names) {
    const made = [];
    for (const [name, title, hide] of names) {
        if (!told.has(name)) continue;
        if (!has(name)) {
            made.push(h("section", { class: "table" }, h("div", { class: "bar" }, h("h3", {}, title)), await left(name, { [column]: value })));
            continue;
        }
        const table = await rowsOf(name);
        if (!only(table, { [column]: value }).length) continue;
        made.push(await grid(name, { title, where: (all, row) => all.get(row, column) === value, hide: [column, ...(hide || [])], height: () => 330 }));
    }
    return made;
}

async function customer(id) {
    const value = id === "" ? null : id;
    const table = has("page.customers_billed") ? await rowsOf("page.customers_billed") : null;
    const rows = table ? only(table, { customer_id: value }) : [];
    const name = rows.length ? table.get(rows[0], "customer_name") : null;
    return [h("p", { class: "crumbs" }, h("a", { href: "#/customers" }, "Customers")), h("h1", {}, name || "Customer without a name"), h("p", { class: "lead" }, h("code", {}, id || "no id")),
        rows.map((row) => card(table.get(row, "currency") || "No currency", null, facts(table, row, ["finalized_total_amount", "paid_amount", "draft_total_amount", "net_balance_amount", "prepaid_balance_amount", "finalized_invoice_count", "last_invoice_date", "next_expiry_at", "agreement_names"]))),
        rows.length ? command(explain("customer_summary", pick(table, rows[0], ["customer_id"]))) : null,
        await about("customer_id", value, [["page.receivables_by_customer", "Receivables", ["customer_name"]], [has("invoices") ? "invoices" : "invoice_status", "Invoices", ["customer_name"]], ["page.commits_now", "Commits and credits", ["customer_name", "contract_id"]], ["balance_rollforward", "Balances by month", ["customer_name"]], ["deferred_revenue_rollforward", "Deferred revenue by month", ["customer_name"]], ["revenue_schedule", "Revenue", ["customer_name"]], ["usage_daily", "Usage by day", ["customer_name"]], ["reconciliation_exceptions", "Exceptions", ["customer_name", "exception_id"]]])];
}

const OWNER = ["customer_id", "customer_name", "contract_id"];

async function invoice(id) {
    const name = ["invoices", "invoice_status"].find(has);
    const table = name ? await rowsOf(name) : null;
    const row = table ? only(table, { invoice_id: id })[0] : null;
    return [h("p", { class: "crumbs" }, h("a", { href: "#/receivables" }, "Receivables")), h("h1", {}, "Invoice"), h("p", { class: "lead" }, h("code", {}, id)),
        row ? [card("The invoice", null, facts(table, row, ["customer_name", "invoice_status", "subtotal_amount", "applied_amount", "total_amount", "outstanding_amount", "payment", "ageing_bucket", "starting_at", "ending_before", "issued_date", "due_date", "plan_name", "contract_id", "billing_provider", "billing_provider_status"])), command(explain(name, { invoice_id: id }))] : absent("No report on this page has a row of it."),
        await about("invoice_id", id, [["invoice_lines", "Lines", OWNER], ["invoice_charges", "Charges", OWNER], ...(name === "invoices" ? [] : [["invoice_status", "Status", OWNER]]), ["journal_entries", "Journal entries", OWNER], ["reconciliation_exceptions", "Exceptions", ["exception_id"]]]),
        told.has("invoice_lines") ? null : [h("p", { class: "muted" }, "Its lines, sub lines and ledger entries, with the file and row of each:"), command(explain("invoice_status", { invoice_id: id }))]];
}

async function commit(id) {
    if (!has("page.commits_now")) return [h("h1", {}, "Commit"), told.has("commit_burndown") ? await left("commit_burndown", { commit_id: id }) : absent("The report commit_burndown was not made.")];
    const table = await rowsOf("page.commits_now");
    const row = only(table, { commit_id: id })[0];
    if (!row) return [h("h1", {}, "Commit"), absent("No report on this page has a row of it.")];
    const currency = table.get(row, "currency");
    const days = await rowsOf(["commit_burndown", "page.commits_by_month", "page.commits_now"].find(has));
    const points = only(days, { commit_id: id });
    if (days.name === "page.commits_by_month" && points.at(-1)?.[days.place.day] !== table.get(row, "day")) points.push(days.columns.map((column) => table.get(row, column.name)));
    const draw = chart(`What is left of the commit, beside an even pace, in ${currency}; the rows below have the same figures`, (kit) => ({
        ...base(kit, {}),
        tooltip: { ...kit.tooltip, trigger: "axis", formatter: (all) => { const point = points[all[0].dataIndex]; return [days.get(point, "day"), `Left   ${shown(days.get(point, "remaining_amount"), currency)}`, `Even pace   ${shown(days.get(point, "expected_remaining_amount"), currency)}`].join("\n"); } },
        xAxis: kit.axis({ type: "category", data: points.map((point) => days.get(point, "day")), splitLine: { show: false } }),
        yAxis: kit.axis({ type: "value", axisLabel: { ...kit.text, formatter: axisText } }),
        series: [
            { name: "Left", type: "line", step: has("commit_burndown") ? "end" : false, symbol: points.length > 40 ? "none" : "circle", lineStyle: { width: 2 }, areaStyle: { opacity: 0.12 }, data: points.map((point) => Number(days.get(point, "remaining_amount"))) },
            { name: "Even pace", type: "line", symbol: "none", lineStyle: { type: "dashed", width: 1.5 }, data: points.map((point) => (days.get(point, "expected_remaining_amount") === null ? null : Number(days.get(point, "expected_remaining_amount")))) },
        ],
    }));
    return [h("p", { class: "crumbs" }, h("a", { href: "#/commits" }, "Commits")), h("h1", {}, `${words(table.get(row, "balance_type") || "commit")} of ${table.get(row, "customer_name") || "a customer"}`), h("p", { class: "lead" }, h("code", {}, id)),
        card("Burn-down", days.name === "commit_burndown" ? "day by day" : "at the end of each month on this page; the CSV has every day", facts(table, row, ["customer_name", "remaining_amount", "expected_remaining_amount", "drawn_amount", "pace", "run_out_date", "days_left", "day"]), draw),
        command(explain("commit_burndown", pick(table, row, ["commit_id", "day"]))),
        await about("commit_id", id, [["commit_schedule", "By month"], ["breakage", "Breakage"], ["overage_and_trueup", "Overage and true-up"], ["commit_burndown", "By day", ["customer_id", "customer_name", "contract_id"]]])];
}

async function left(name, filters) {
    const where = Object.entries(filters).filter(([, value]) => ![value].flat().includes(null)).map(([column, values]) => {
        const all = [values].flat().map((value) => `'${value.replaceAll("'", "''")}'`);
        return all.length > 1 ? `${column} in (${all.join(", ")})` : `${column} = ${all[0]}`;
    });
    return h("div", { class: "left" }, h("p", {}, `${name} has ${counted(told.get(name).rows, "row")}, more than the ${count(contents.most_rows)} that a page holds: they are in ${name}.csv.`), command(`etl sql -c ${inShell(`select * from ${name}${where.length ? ` where ${where.join(" and ")}` : ""}`)} -o rows.csv`));
}

async function report(name, filters) {
    if (!isReport(name)) return [h("h1", {}, "No such report"), absent(`There is no report ${name}.`)];
    const one = told.get(name);
    const notes = [`one row is a ${one.grain.map(label).join(", ").toLowerCase() || "line"}`, counted(one.rows, "row"), one.period ? `closed by ${label(one.period).toLowerCase()}` : null].filter(Boolean).join(" · ");
    return [h("p", { class: "crumbs" }, h("a", { href: "#/reports" }, "All reports")), h("h1", {}, words(name)), h("p", { class: "lead" }, one.title), h("p", { class: "muted" }, `${name}.csv · ${notes}`),
        one.is_here ? await grid(name, { filters, height: tall }) : await left(name, filters),
        h("details", {}, h("summary", {}, "What the columns are"), h("dl", { class: "columns" }, one.columns.map((column) => h("div", {}, h("dt", {}, h("code", {}, column.name), column.unit ? h("small", {}, ` ${column.unit}`) : null), h("dd", {}, column.doc, one.apart.includes(column.name) ? " (not to be added over rows)" : ""))))),
        sums[name] ? h("p", { class: "muted sum" }, "SHA-256 of the CSV: ", h("code", {}, sums[name])) : null];
}

function reports() {
    return [h("h1", {}, "All reports"), h("p", { class: "lead" }, "The figures are the CSVs; this page shows their text."),
        h("table", { class: "small list" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Report"), h("th", { scope: "col", class: "right" }, "Rows"), h("th", { scope: "col" }, "What it says"))),
            h("tbody", {}, contents.reports.map((one) => h("tr", {}, h("th", { scope: "row" }, h("a", { href: route(`report/${one.name}`) }, one.name)), h("td", { class: "right" }, count(one.rows)), h("td", {}, one.title, one.is_here ? "" : h("span", { class: "muted" }, " (in its CSV alone)")))))),
        h("details", {}, h("summary", {}, "What they were asked"), h("dl", { class: "columns" }, Object.entries(contents.parameters).map(([name, value]) => h("div", {}, h("dt", {}, h("code", {}, name)), h("dd", {}, value)))))];
}

const SECTIONS = [
    ["", "Overview", overview],
    ["revenue", "Revenue", () => revenue(true), "page.revenue_by_month"],
    ["deferred", "Deferred revenue", () => deferred(true), "page.deferred_by_month"],
    ["receivables", "Receivables", () => receivables(true), "page.receivables_by_age"],
    ["commits", "Commits", () => commits(true), "page.commits_now"],
    ["customers", "Customers", () => customers(true), "page.customers_billed"],
    ["usage", "Usage", async () => [h("h1", {}, "Usage by day"), lead("usage_daily"), has("usage_daily") ? await grid("usage_daily", { height: tall }) : await left("usage_daily", {})], "usage_daily"],
    ["exceptions", "Exceptions", exceptions, "page.exceptions_by_code"],
    ["reports", "All reports", reports],
];
const OTHERS = { checks: checked, closes, customer, invoice, commit, report };
const PARENT = { customer: "customers", invoice: "receivables", commit: "commits", report: "reports", checks: "", closes: "" };

function close() {
    live.grids.splice(0).forEach((one) => one.close());
    live.charts.splice(0).forEach((one) => one.close());
}

let turn = 0;
async function show(isMoved) {
    const mine = (turn += 1);
    const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
    const [first, ...rest] = path.split("/");
    const filters = {};
    for (const pair of (query || "").split("&").filter(Boolean)) {
        const [column, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)].map(decodeURIComponent);
        (filters[column] ||= []).push(value === "" ? null : value === '""' ? "" : value);
    }
    const section = SECTIONS.find(([name, , , needs]) => name === first && (!needs || told.has(needs)));
    const main = document.getElementById("main");
    document.querySelectorAll("#sections a").forEach((link) => {
        const is = link.dataset.section === (section ? first : PARENT[first] ?? null);
        if (is) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
    });
    main.setAttribute("aria-busy", "true");
    const make = section ? section[2] : OTHERS[first] || overview;
    let made;
    try {
        made = (await make(decodeURIComponent(rest.join("/")), filters))
            ?? [h("h1", {}, section?.[1] || "Overview"), absent("This has more rows than a page holds. Every row is in the CSVs:"), h("p", {}, h("a", { href: "#/reports" }, "All reports"))];
    } catch (error) {
        made = h("p", { class: "fault" }, `This cannot be shown: ${error.message}`);
        console.error(error);
    }
    if (mine !== turn) return;
    document.getElementById("detail").close();
    close();
    main.replaceChildren(...[made].flat(9).filter(Boolean));
    main.querySelectorAll(".chart, .table").forEach((one) => one.draw?.());
    main.removeAttribute("aria-busy");
    document.title = `${main.querySelector("h1")?.textContent || "Overview"} · Billing and revenue`;
    if (isMoved) {
        window.scrollTo(0, 0);
        main.focus({ preventScroll: true });
    }
}

async function start() {
    let currencies = [];
    if (has("page.currencies")) {
        const table = await rowsOf("page.currencies");
        for (const row of table.rows) digits.set(table.get(row, "currency"), table.get(row, "digits") === null ? null : Number(table.get(row, "digits")));
        currencies = table.rows.map((row) => table.get(row, "currency"));
    }
    state.currency = currencies[0] ?? null;
    const choice = h("select", { id: "currency", onchange: (event) => { state.currency = event.target.value; show(false); } }, currencies.map((currency) => h("option", { value: currency }, digits.get(currency) === null ? `${currency} (a unit, not money)` : currency)));
    const day = await newestDay();
    document.getElementById("top").append(
        h("a", { class: "brand", href: "#/" }, "Billing and revenue"),
        h("span", { class: "muted" }, [contents.environment, day ? `data until ${day}` : null].filter(Boolean).join(" · ")),
        currencies.length ? h("label", { for: "currency" }, "Amounts in ", choice) : null);
    if (contents.notice) document.getElementById("top").after(h("p", { class: "notice" }, contents.notice));
    document.getElementById("sections").append(...SECTIONS.filter(([, , , needs]) => !needs || told.has(needs)).map(([name, title]) => h("a", { href: `#/${name}`, "data-section": name }, title)));
    window.addEventListener("hashchange", () => show(true));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => live.charts.forEach((one) => one.fresh()));
    let timer = null;
    window.addEventListener("resize", () => { clearTimeout(timer); timer = setTimeout(() => live.charts.forEach((one) => one.size()), 120); });
    // On paper: charts in the colours of paper, and of each table its first rows, since only those on screen are drawn.
    window.addEventListener("beforeprint", () => {
        document.documentElement.classList.add("paper");
        live.charts.forEach((one) => one.fresh());
        for (const one of live.grids) {
            const rows = one.rows();
            one.box.append(h("div", { class: "printed" }, h("table", { class: "small all" }, h("thead", {}, h("tr", {}, one.places.map((at) => h("th", { scope: "col", class: numeric(one.table.columns[at]) ? "right" : null }, label(one.table.columns[at].name))))), h("tbody", {}, rows.slice(0, 200).map((row) => h("tr", {}, one.places.map((at) => h("td", { class: numeric(one.table.columns[at]) ? "right" : null }, row[at] ?? "")))))), rows.length > 200 ? h("p", {}, `the first 200 of ${counted(rows.length, "row")}`) : null));
        }
    });
    window.addEventListener("afterprint", () => {
        document.documentElement.classList.remove("paper");
        live.charts.forEach((one) => one.fresh());
        document.querySelectorAll(".printed").forEach((one) => one.remove());
    });
    await show(false);
    document.documentElement.dataset.ready = "yes";
}

start();
})();
