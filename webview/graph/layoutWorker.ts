// The whole worker: ELK's own script, which listens for layout requests where there is no document.
import "elkjs/lib/elk-worker.min.js";
