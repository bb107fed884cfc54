/* The gallery: loads the next page before the end is reached, and reports to the server which posts were seen. */
export function wall(visitor) {
  const hall = document.getElementById("wall");
  if (!hall) return;
  const watch = visitor ? watching(visitor) : null;
  watch?.(hall.children);
  endless(hall, (cards) => watch?.(cards));
}

/* Report the posts that were shown. Returns the visitor's reactions by post, and uses the visitor's language from then on. */
export async function seen(visitor, posts) {
  const { feelings, language } = await visitor.ask("/gallery/seen", { posts });
  const page = new URL(location.href);
  if (language !== document.documentElement.dataset.language && !page.searchParams.has("lang")) {
    page.searchParams.set("lang", language);
    location.replace(page);
  }
  return feelings;
}

/* A card counts as seen when half of it is in view. Cards are reported together when scrolling stops. */
function watching(visitor) {
  const due = new Set();
  let timer = 0;
  const tell = () => {
    const posts = [...due].slice(0, 100);
    posts.forEach((post) => due.delete(post));
    if (posts.length) seen(visitor, posts).catch(() => {});
  };
  const observer = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      observer.unobserve(target);
      due.add(Number(target.dataset.post));
    }
    clearTimeout(timer);
    timer = setTimeout(tell, 400);
  }, { threshold: 0.5 });
  addEventListener("pagehide", tell);
  return (cards) => [...cards].forEach((card) => observer.observe(card));
}

function endless(hall, added) {
  const shown = new Set([...hall.children].map((card) => card.dataset.post));
  let busy = false;

  const next = async (link) => {
    if (busy) return;
    busy = true;
    link.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(link.href);
      if (!response.ok) throw new Error(response.status);
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const cards = [...page.querySelectorAll("#wall > .card")].filter((card) => !shown.has(card.dataset.post)).map((card) => document.adoptNode(card));
      cards.forEach((card) => shown.add(card.dataset.post));
      const focused = document.activeElement === link;
      hall.append(...cards);
      const onward = page.querySelector(".more, .end, .empty");
      link.closest(".more").replaceWith(...(onward ? [document.adoptNode(onward)] : []));
      if (focused) cards[0]?.querySelector("a").focus({ preventScroll: true });
      added(cards);
      observe();
    } catch {
      observer.disconnect(); /* the link remains and works without a script */
      link.removeAttribute("aria-busy");
    } finally {
      busy = false;
    }
  };
  const observer = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting) next(target);
  }, { rootMargin: "1200px" });
  const observe = () => {
    const link = document.getElementById("more");
    if (link) observer.observe(link);
  };
  hall.parentElement.parentElement.addEventListener("click", (click) => {
    const link = click.target.closest("#more");
    if (!link || click.metaKey || click.ctrlKey || link.hasAttribute("aria-busy")) return;
    click.preventDefault();
    next(link);
  });
  observe();
}
