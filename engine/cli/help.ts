export const help = `adjoint: every value of a TypeScript model and its adjoint

  adjoint trace FILE [--function NAME] [--at JSON] [--json]
      Runs a differentiable function and prints its value, its gradient and
      every operation with its adjoint.

  adjoint check FILE [--function NAME] [--json]
      Holds the gradient of every differentiable function against differences
      of the program itself.

  adjoint memory FILE [--function NAME] [--at JSON] [--json]
      Tells what is saved for the backward pass and why, how much is alive at
      once, and what checkpoints would save and cost.

  adjoint train FILE [--model NAME] [--steps N] [--continue] [--json]
      Trains a model on the processor and saves its weights.

  adjoint bench [NAME] [--json]
      Measures this machine.

  adjoint COMMAND --help    what a command takes
  adjoint --version         which version this is

Exit codes: 0 all is well; 1 the model has a problem; 2 bad usage, or a file
that cannot be read.
`;

export const traceHelp = `adjoint trace FILE [--function NAME] [--at JSON] [--json]

Runs a differentiable function of FILE (an exported function whose parameters
all have defaults and that returns a number) and prints its value, its gradient
and every operation with its value and adjoint.

  --function NAME  which function; by default the first one in the file
  --at JSON        parameters by name in place of their defaults,
                   such as '{"x": 1, "y": [1, 2]}'
  --no-fixes       only tell what is found; by default what might mend it is
                   tried, and what helps is told with the effect it has
  --json           one JSON document on stdout and nothing else

  --time-limit SECONDS      end the run after so long (10)
  --memory-limit MEGABYTES  end the run when it takes more memory (2048)
`;

export const checkHelp = `adjoint check FILE [--function NAME] [--json]

Checks the gradient of every differentiable function of FILE at its defaults.
Each derivative gets three votes: a reverse pass, a forward pass, and extrapolated
differences of the program itself, which also tell how far they can be trusted.
Where the gradient is wrong it names the operation or custom rule to blame.

  --function NAME  only this function
  --json           one JSON document on stdout and nothing else

  --time-limit SECONDS      end a single run of a function after so long (10)
  --memory-limit MEGABYTES  end the check when it takes more memory (2048)

Verdicts: ok; wrong; kink (the derivative jumps here, and the gradient is that of
one side or lies between both); non-finite. Of functions with very many parameters
a sample is checked one by one, after random directions through all of them.
`;

export const memoryHelp = `adjoint memory FILE [--function NAME] [--at JSON] [--json]

Runs a differentiable function of FILE, or the loss of a model on one batch, and
tells what of it is saved for the backward pass (the residuals): by line, with who
reads it there, and by call and loop. Besides, how much is alive at once without
and with a backward pass, and what \`checkpoint\` would save and cost.

Bytes are those of the trace, 8 for each number; training takes 4. A value counts
until its last reader has run. Parameters and data are told apart.

  --function NAME  which function or model; by default the first in the file
  --at JSON        parameters by name in place of their defaults,
                   such as '{"x": 1, "y": [1, 2]}'
  --json           one JSON document on stdout and nothing else

  --time-limit SECONDS      end the run after so long (10)
  --memory-limit MEGABYTES  end the run when it takes more memory (2048)
`;

export const trainHelp = `adjoint train FILE [--model NAME] [--device auto|cpu|gpu] [--steps N] [--continue] [--json]

Trains a model of FILE (an exported defineModel({ … })) and saves weights and
history in .adjoint/runs/NAME/ of the folder it is started in. Ctrl-C ends the
run after the step that is being made and keeps its weights.

  --model NAME     which model; by default the first one in the file
  --device DEVICE  auto and cpu: the processor; gpu: trained from the panel in
                   the editor, which has the GPU
  --steps N        so many steps, in place of what the model says
  --continue       go on from the latest run
  --no-save        save nothing
  --json           one JSON document per line on stdout and nothing else; the
                   last has "done": true

  --time-limit SECONDS      end a single call of the model's code after so long (10)
  --memory-limit MEGABYTES  end the run when it takes more memory (2048)
`;

export const benchHelp = `adjoint bench [NAME] [--json]

Measures this machine and checks that the results are right. Other libraries are
measured beside Adjoint where their packages are installed; without --json it
tells which are not. By default everything, else the benchmark NAME:

  trace        the first trace of a million scalar operations in a fresh
               process, then backward
  mlp          one training step of a 784-256-128-10 network, batch 128
  rnn          the gradient of a recurrent network through 100 steps, batch 16
  transformer  the gradient of a transformer block, 64 tokens, batch 8
  formula      value and gradient of ln(x + e^(y/x)), also by hand
  loop         the gradient through a loop of 10,000 turns, also by hand

  --json  one JSON document on stdout and nothing else
`;
