/* Reactions for visitors from Telegram. They share one vote with the chat. */
import { seen } from "./wall.js";

export function react(visitor) {
  const group = document.getElementById("feelings");
  if (!group || !visitor) return;
  const post = Number(group.closest("[data-post]").dataset.post);
  const buttons = [...group.querySelectorAll("button")];
  const spoken = document.getElementById("spoken");

  const press = (own) => buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.feeling === own)));
  const count = (counts) => buttons.forEach((button) => {
    const number = counts[button.dataset.feeling] ?? 0;
    button.querySelector("span").textContent = number;
    button.setAttribute("aria-label", `${button.dataset.name}: ${number}`);
  });
  const lock = (locked) => buttons.forEach((button) => { button.disabled = locked; });
  const failed = (error) => { spoken.textContent = error.status === 401 ? spoken.dataset.expired : spoken.dataset.failed; };

  seen(visitor, [post]).then((own) => {
    if (!own || !(post in own)) return;
    press(own[post]);
    lock(false);
    document.getElementById("read-only").hidden = true;
  }).catch(failed);

  let busy = false;
  for (const button of buttons) button.addEventListener("click", async () => {
    if (busy) return;
    busy = true;
    try {
      const said = await visitor.ask(`/post/${post}/reaction`, { feeling: button.dataset.feeling });
      count(said.counts);
      press(said.own);
    } catch (error) {
      failed(error);
    } finally {
      busy = false;
    }
  });
}
