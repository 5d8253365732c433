/** What a line of a test report begins with, to tell it from everything else that is written to VS Code's console. */
export const reported = "[test] ";
