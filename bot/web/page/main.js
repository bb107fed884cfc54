/* The pages work without scripts; these add to them. Each part does nothing on pages that it does not concern. */
import { launch } from "./launch.js";
import { compare } from "./compare.js";
import { films } from "./films.js";
import { react } from "./react.js";
import { report } from "./report.js";
import { share } from "./share.js";
import { lightbox, turn } from "./turn.js";
import { wall } from "./wall.js";

const visitor = launch();
wall(visitor);
compare();
films();
react(visitor);
report(visitor);
share(visitor);
turn();
lightbox();
document.documentElement.dataset.ready = "";
