/* Reports of visitors from Telegram, who are known. The form works without this, for everybody else. */
export function report(visitor) {
  const fold = document.getElementById("report");
  if (!fold || !visitor) return;
  const post = Number(document.querySelector("[data-post]").dataset.post);
  const form = fold.querySelector("form"), spoken = document.getElementById("spoken");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const buttons = [...form.querySelectorAll("button")];
    buttons.forEach((button) => { button.disabled = true; });
    try {
      const { said } = await visitor.ask(`/post/${post}/report/signed`, { reason: event.submitter.value });
      form.replaceChildren(Object.assign(document.createElement("p"), { textContent: said }));
      spoken.textContent = said;
    } catch (error) {
      spoken.textContent = error.status === 401 ? spoken.dataset.expired : spoken.dataset.failed;
      buttons.forEach((button) => { button.disabled = false; });
    }
  });
}
