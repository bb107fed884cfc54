/* Arrow keys lead to the newer and the older post, unless a slider or a field has the focus. A picture opens in full. */
export function turn() {
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input, textarea, select, video")) return;
    const side = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
    if (side) document.querySelector(`.turn a[rel=${side}]`)?.click();
  });
}

export function lightbox() {
  const opener = document.getElementById("enlarge"), dialog = document.getElementById("lightbox");
  if (!opener || !dialog) return;
  opener.hidden = false;
  opener.addEventListener("click", () => dialog.showModal());
  dialog.addEventListener("click", () => dialog.close());
}
