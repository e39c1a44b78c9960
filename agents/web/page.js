// Shows the news of /live. Text from outside is only ever set as text, never read as markup.
"use strict";

const SHOWN = 30;
const orders = new Map(); // by order id, the one that changed last at the end
const stock = new Map();
const byId = (id) => document.getElementById(id);

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function clock(instant) {
  const made = element("time", instant ? new Date(instant).toLocaleTimeString() : "");
  if (instant) made.dateTime = instant;
  return made;
}

function remember(known, name, row) {
  known.delete(name);
  known.set(name, row);
  if (known.size > SHOWN) known.delete(known.keys().next().value);
}

function orderRow(order, changed) {
  const row = element("tr", undefined, changed.has(order.order_id) ? "changed" : "");
  row.dataset.stage = order.stage;
  const name = element("td");
  const user = order.order_id.lastIndexOf(":") + 1;
  const link = element("a", order.order_id.slice(0, user) + "…" + order.order_id.slice(user).slice(-6));
  link.title = order.order_id;
  link.href = "/orders/" + encodeURIComponent(order.order_id);
  name.append(link);
  const status = element("td");
  status.append(element("b", order.status));
  if (["authorized", "reserved", "paid"].includes(order.stage)) status.append(element("small", order.stage));
  if (order.reason) status.append(element("small", order.reason));
  const time = element("td");
  time.append(clock(order.updated_at));
  row.append(name, element("td", order.customer ?? order.user_id ?? ""), element("td", order.total, "number"), status, time);
  return row;
}

function showOrders(changed) {
  const newest = [...orders.values()].reverse();
  byId("empty").hidden = newest.length > 0;
  byId("orders").hidden = newest.length === 0;
  const focused = document.activeElement.title; // a link that is replaced would lose the focus
  const rows = newest.map((order) => orderRow(order, changed));
  byId("orders").tBodies[0].replaceChildren(...rows);
  if (focused) rows.map((row) => row.querySelector("a")).find((link) => link.title === focused)?.focus({ preventScroll: true });
  for (const place of byId("board").children) {
    const here = newest.filter((order) => order.stage === place.dataset.stage);
    place.querySelector(".count").textContent = here.length;
    place.querySelector(".tokens").replaceChildren(...here.map((order) => {
      const token = element("span", undefined, changed.has(order.order_id) ? "changed" : "");
      token.title = order.order_id;
      token.setAttribute("aria-hidden", "true");
      return token;
    }));
  }
}

function figures(row, values) {
  const made = element("tr");
  const head = element("th", row);
  head.scope = "row";
  made.append(head, ...values.map((value) => element("td", value, "number")));
  return made;
}

function showStock(totals) {
  const whole = (number) => number.toLocaleString("en");
  byId("goods").textContent = totals.skus === 0 ? "nothing received yet"
    : `${whole(totals.on_hand)} on hand, ${whole(totals.reserved)} of them reserved, of ${whole(totals.skus)} SKUs`;
  const rows = [...stock.values()].sort((one, other) => (one.sku < other.sku ? -1 : 1));
  byId("stock").hidden = rows.length === 0;
  byId("stock").tBodies[0].replaceChildren(
    ...rows.map((sku) => figures(sku.sku, [sku.on_hand, sku.reserved, sku.available].map(whole))));
}

function showTotals(totals, money) {
  const counts = [["placed", totals.placed], ...Object.entries(totals.orders)];
  for (const [reason, count] of Object.entries(totals.rejected)) counts.push([`rejected: ${reason}`, count]);
  byId("counts").replaceChildren(...counts.map(([name, count]) => {
    const pair = element("div");
    pair.append(element("dt", name.toLowerCase().replaceAll("_", " ")), element("dd", count.toLocaleString("en")));
    return pair;
  }));
  byId("money").replaceChildren(
    ...money.map((row) => figures(row.currency, [row.ordered, row.captured, row.refunded])));
}

function showFreshness(totals) {
  const { as_of: asOf, behind } = totals.freshness;
  const { counted, all } = totals.partitions;
  const parts = [asOf ? `as of ${new Date(asOf).toLocaleTimeString()}` : "nothing projected yet"];
  if (behind) parts.push(`${behind.toLocaleString("en")} ${behind === 1 ? "record" : "records"} behind`);
  if (counted < all) parts.push(`${counted} of ${all} partitions`);
  byId("freshness").textContent = parts.join(", ");
}

function show(event) {
  const news = JSON.parse(event.data);
  for (const order of news.orders) remember(orders, order.order_id, order);
  for (const sku of news.stock) remember(stock, sku.sku, sku);
  const fresh = event.type === "news" ? new Set(news.orders.map((order) => order.order_id)) : new Set();
  showOrders(fresh);
  showStock(news.totals.stock);
  showTotals(news.totals, news.money);
  showFreshness(news.totals);
}

function connected(state, words) {
  byId("connection").dataset.state = state;
  byId("connection").textContent = words;
}

function watch() {
  const live = new EventSource("/live");
  live.addEventListener("open", () => connected("live", "live"));
  live.addEventListener("error", () => {
    connected("away", "connection lost, trying again");
    // The browser tries again by itself, unless it was answered with an error.
    if (live.readyState === EventSource.CLOSED) setTimeout(watch, 5000);
  });
  live.addEventListener("snapshot", (event) => {
    orders.clear();
    stock.clear();
    show(event);
  });
  live.addEventListener("news", show);
}

watch();
