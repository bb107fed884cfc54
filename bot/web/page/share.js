/* Share the page's address with the system's dialog, or else copy it. */
export function share() {
  const button = document.getElementById("share");
  if (!button || !(navigator.share || navigator.clipboard)) return;
  button.hidden = false;
  const label = button.textContent;
  const spoken = document.getElementById("spoken");
  button.addEventListener("click", async () => {
    const url = document.querySelector("link[rel=canonical]").href;
    try {
      if (navigator.share) return await navigator.share({ title: document.title, url });
      await navigator.clipboard.writeText(url);
      button.textContent = spoken.textContent = spoken.dataset.copied;
      setTimeout(() => { button.textContent = label; }, 2000);
    } catch (error) {
      if (error.name !== "AbortError") spoken.textContent = spoken.dataset.failed;
    }
  });
}
