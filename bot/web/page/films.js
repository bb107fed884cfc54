/* Films play while they are in view. With reduced motion, or once paused, a film starts only by hand. */
export function films() {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const observer = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) rest(target);
      else if (!("paused" in target.dataset)) target.play().catch(() => {});
    }
  }, { threshold: 0.6 });
  for (const film of document.querySelectorAll(".film video")) {
    film.addEventListener("pause", () => { if (!("resting" in film.dataset)) film.dataset.paused = ""; });
    film.addEventListener("play", () => { delete film.dataset.paused; delete film.dataset.resting; });
    observer.observe(film);
  }
}

function rest(film) {
  if (film.paused) return;
  film.dataset.resting = "";
  film.pause();
}
