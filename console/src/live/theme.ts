// Light or dark, as chosen or as the device has it.

import { preferences } from "./storage";

/** Keeps the page in the chosen appearance from now on. */
export function followTheme(): void {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const chosen = preferences.get("theme", "system");
    const theme = chosen === "light" || chosen === "dark" ? chosen : dark.matches ? "dark" : "light";
    document.documentElement.dataset.theme = theme;
  };
  apply();
  dark.addEventListener("change", apply);
  preferences.subscribe(apply);
}
