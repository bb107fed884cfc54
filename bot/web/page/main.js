/* The pages work as they come; this makes them livelier. Each part does nothing where there is nothing for it. */
import { launch } from "./launch.js";
import { compare } from "./compare.js";
import { films } from "./films.js";
import { react } from "./react.js";
import { share } from "./share.js";
import { wall } from "./wall.js";

const visitor = launch();
wall(visitor);
compare();
films();
react(visitor);
share();
document.documentElement.dataset.ready = "";
