// Runs before the page is painted, so that a remembered theme never flashes.
(() => {
  try {
    const theme = localStorage.getItem("askdesk.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch { /* storage may be switched off */ }
})();
