import "./main.css";
import { LayoutEngine } from "./graph/layoutEngine.ts";
import { Panel } from "./panel.ts";
import { registerControls } from "./ui/toolkit.ts";

registerControls();
const worker = document.body.dataset["layoutWorker"];
if (worker === undefined) throw new Error("The page does not name its layout worker.");
new Panel(acquireVsCodeApi(), new LayoutEngine(worker));
