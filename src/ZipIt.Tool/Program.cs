using System.Runtime.InteropServices;
using System.Text;
using ZipIt.Tool;

using var cancellation = new CancellationTokenSource();

// The first signal ends the work in order; a second one ends the process.
void Cancel(PosixSignalContext signal)
{
    signal.Cancel = !cancellation.IsCancellationRequested;
    cancellation.Cancel();
}

using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
using PosixSignalRegistration end = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
if (Console.IsOutputRedirected)
    Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
var session = new ToolSession(Console.Out, Console.Error, cancellation.Token)
{
    HasTerminal = !Console.IsErrorRedirected,
    OutputWidth = Console.IsOutputRedirected ? 160 : Math.Max(80, Console.WindowWidth),
};
return ZipItProgram.Run(args, session, Console.Error);
