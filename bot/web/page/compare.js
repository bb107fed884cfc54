/* Before and after: a slider that draws back a curtain over the image and shows the original photo in its place. */
export function compare() {
  const stage = document.getElementById("compare");
  if (!stage) return;
  const whole = document.getElementById("whole");
  const curtain = stage.querySelector("#curtain rect");
  const width = stage.querySelector("svg").viewBox.baseVal.width;
  const slider = Object.assign(document.createElement("input"), { type: "range", min: 0, max: 100, step: 0.1, value: 0 });
  slider.setAttribute("aria-label", stage.dataset.label);
  const handle = Object.assign(document.createElement("span"), { className: "handle" });
  stage.append(handle, slider);

  const show = (percent) => {
    slider.value = percent;
    curtain.setAttribute("width", (width * percent) / 100);
    stage.style.setProperty("--at", `${percent}%`);
    slider.setAttribute("aria-valuetext", stage.dataset.value.replace("{percent}", Math.round(percent)));
  };
  const sweep = moving(() => Number(slider.value), show);
  const veiled = () => whole.checked && (document.getElementById("step-0").checked = true);

  slider.addEventListener("pointerdown", sweep.stop);
  slider.addEventListener("input", () => { sweep.stop(); veiled(); show(Number(slider.value)); });
  slider.addEventListener("keydown", (key) => {
    const by = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5, PageDown: -20, PageUp: 20 }[key.key];
    if (!by) return;
    key.preventDefault();
    sweep.stop();
    veiled();
    show(Math.min(100, Math.max(0, Number(slider.value) + by)));
  });
  for (const step of document.querySelectorAll(".steps input"))
    step.addEventListener("change", () => sweep.to(step === whole ? 0 : 100));

  /* The page opens with the original photo, then reveals the rest. */
  veiled();
  show(100);
  const picture = stage.querySelector("img");
  const open = () => sweep.to(50, 1600, 500);
  picture.complete ? open() : picture.addEventListener("load", open, { once: true });
}

function moving(where, show) {
  let frame = 0;
  const stop = () => cancelAnimationFrame(frame);
  const to = (target, length = 500, pause = 0) => {
    stop();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return show(target);
    const from = where(), begun = performance.now() + pause;
    const tick = (now) => {
      const part = Math.min(1, Math.max(0, (now - begun) / length));
      show(from + (target - from) * (1 - (1 - part) ** 3));
      if (part < 1) frame = requestAnimationFrame(tick);
    };
    frame = requestAnimationFrame(tick);
  };
  return { to, stop };
}
