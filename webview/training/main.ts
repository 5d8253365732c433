import "./training.css";
import { registerControls } from "../ui/toolkit.ts";
import { TrainingPage } from "./page.ts";

registerControls();
new TrainingPage(acquireVsCodeApi());
