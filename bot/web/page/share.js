/* Share a post: in Telegram as a message with its picture, elsewhere its address with the system's dialog, or else copied. */
export function share(visitor) {
  const button = document.getElementById("share");
  if (!button || !(visitor?.send || navigator.share || navigator.clipboard)) return;
  button.hidden = false;
  const label = button.textContent;
  const spoken = document.getElementById("spoken");
  const told = (words) => {
    button.textContent = spoken.textContent = words;
    setTimeout(() => { button.textContent = label; }, 2000);
  };

  async function asMessage() {
    const { id } = await visitor.ask(`/post/${button.closest("[data-post]").dataset.post}/share`, {});
    const end = await visitor.send(id);
    if (end === "sent") told(spoken.dataset.sent);
    else if (end !== "USER_DECLINED") throw new Error(end);
  }

  async function asAddress() {
    const url = document.querySelector("link[rel=canonical]").href;
    if (navigator.share) return navigator.share({ title: document.title, url });
    await navigator.clipboard.writeText(url);
    told(spoken.dataset.copied);
  }

  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      if (!visitor?.send) return await asAddress();
      await asMessage().catch(asAddress);
    } catch (error) {
      if (error.name !== "AbortError") spoken.textContent = spoken.dataset.failed;
    } finally {
      button.disabled = false;
    }
  });
}
