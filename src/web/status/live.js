// Keeps a page fresh: on word that something changed it fetches the same page again and puts its main part in place of
// the old one. Without it nothing is missing but that.
(() => {
  "use strict";
  const live = document.getElementById("live");
  const address = document.body.dataset.events;
  if (!live || !address || !window.EventSource || !window.fetch) return;

  const AT_MOST_EACH = 5000; // Pages come no more often, however much changes.
  const LATEST = 60000; // And no less often, since lengths of time go on.
  const PATIENCE = 20000; // Silence for so long is told to the reader.

  const KEPT = 20000; // What came of a form stays to be read for so long.

  const news = document.getElementById("news");
  const begun = Date.now();
  let etag = null;
  let last = Date.now();
  let heard = Date.now();
  let wanted = false;
  let running = false;
  let failures = 0;

  const say = (text) => {
    if (live.textContent !== text) live.textContent = text;
    live.hidden = !text;
  };

  // Whoever is writing into a form, or has a list open, is not disturbed.
  const isBusy = (main) => {
    const active = document.activeElement;
    if (active && main.contains(active) && /^(INPUT|SELECT|TEXTAREA)$/.test(active.tagName)) return true;
    return [...main.querySelectorAll("input:not([type=hidden])")].some((field) => field.value !== field.defaultValue);
  };

  // What an element is found by in the new page: its id, or which of those with the same address or words it is.
  const place = (main, element) => {
    if (!element || element === main || !main.contains(element)) return null;
    if (element.id) return { id: element.id };
    const selector = element.hasAttribute("href") ? `a[href="${CSS.escape(element.getAttribute("href"))}"]` : element.tagName;
    return { selector, index: [...main.querySelectorAll(selector)].indexOf(element) };
  };
  const find = (main, where) => {
    if (!where) return null;
    return where.id ? document.getElementById(where.id) : main.querySelectorAll(where.selector)[where.index];
  };

  const replace = (text) => {
    const page = new DOMParser().parseFromString(text, "text/html");
    const next = page.querySelector("main");
    const main = document.querySelector("main");
    if (!next || !main) return;
    const focus = place(main, document.activeElement);
    const open = [...main.querySelectorAll("details")].map((one) => one.open);
    const heading = main.querySelector("h1")?.textContent;
    const scroll = window.scrollY;
    main.replaceChildren(...next.childNodes);
    document.title = page.title;
    // Who listens to the page hears what has changed at the top of it, and nothing else of it again.
    const now = main.querySelector(".glance")?.innerText;
    if (news && heading !== undefined && main.querySelector("h1")?.textContent !== heading) news.textContent = now ?? "";
    const details = [...main.querySelectorAll("details")];
    if (details.length === open.length) details.forEach((one, index) => (one.open = open[index]));
    const found = find(main, focus);
    if (found) found.focus({ preventScroll: true });
    window.scrollTo({ top: scroll, behavior: "instant" });
  };

  const refresh = async () => {
    const main = document.querySelector("main");
    if (running || document.hidden) return;
    if (isBusy(main)) {
      if (Date.now() - last > LATEST) say(live.dataset.paused);
      return;
    }
    running = true;
    try {
      const url = new URL(window.location.href);
      if (Date.now() - begun > KEPT) url.searchParams.delete("said");
      const headers = etag ? { "If-None-Match": etag } : {};
      const answer = await fetch(url, { headers, cache: "no-store", credentials: "same-origin" });
      if (answer.status === 200) {
        const text = await answer.text();
        etag = answer.headers.get("ETag");
        if (!isBusy(main)) replace(text);
      }
      if (answer.ok || answer.status === 304) {
        wanted = false;
        failures = 0;
        say("");
      }
    } catch {
      failures += 1;
    } finally {
      last = Date.now();
      running = false;
    }
    if (failures > 1) say(live.dataset.paused);
  };

  const listen = () => {
    const events = new EventSource(address);
    const hear = () => { heard = Date.now(); };
    events.addEventListener("open", hear);
    events.addEventListener("state", () => { hear(); wanted = true; });
    events.addEventListener("error", () => {
      // The browser tries again by itself, unless it was refused: then the page goes on by the clock.
      if (events.readyState === EventSource.CLOSED) {
        events.close();
        setTimeout(listen, LATEST);
      }
    });
    window.addEventListener("pagehide", () => events.close(), { once: true });
  };

  setInterval(() => {
    const since = Date.now() - last;
    if ((wanted && since >= AT_MOST_EACH) || since >= LATEST) refresh();
    else if (failures > 0 && since >= PATIENCE) refresh();
    if (failures > 0 && Date.now() - heard > PATIENCE) say(live.dataset.paused);
  }, 1000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden && Date.now() - last > AT_MOST_EACH) refresh(); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });
  listen();
})();
