/** A button that opens a short menu. */
import { html } from "./dom.ts";
import { button } from "./toolkit.ts";

export interface MenuItem {
  readonly label: string;
  readonly run: () => void;
}

export function menuButton(label: string, icon: string, items: readonly MenuItem[]): HTMLElement {
  const list = html("div", { class: "menu", role: "menu", hidden: true });
  const opener = button({ label, icon, iconOnly: true, press: () => (list.hidden ? open() : close()) });
  const holder = html("div", { class: "menu-holder" }, opener, list);
  opener.setAttribute("aria-haspopup", "menu");
  const entries = items.map(({ label: text, run }) => {
    const entry = html("button", { type: "button", role: "menuitem", tabindex: -1 }, text);
    entry.addEventListener("click", () => {
      close();
      run();
    });
    return entry;
  });
  list.append(...entries);

  const open = (): void => {
    list.hidden = false;
    opener.setAttribute("aria-expanded", "true");
    entries[0]?.focus();
  };
  const close = (): void => {
    list.hidden = true;
    opener.setAttribute("aria-expanded", "false");
  };
  list.addEventListener("keydown", (event) => {
    const at = entries.indexOf(document.activeElement as HTMLButtonElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: entries.length - 1 }[event.key];
    if (to !== undefined) entries[(to + entries.length) % entries.length]?.focus();
    else if (event.key === "Escape") {
      close();
      opener.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  holder.addEventListener("focusout", (event) => {
    if (!holder.contains(event.relatedTarget as Node | null)) close();
  });
  return holder;
}
