using System.CommandLine;
using System.CommandLine.Invocation;
using System.Text.RegularExpressions;
using ZipIt.Tool.Commands;

namespace ZipIt.Tool;

/// <summary>The program: its commands, and what becomes of what goes wrong.</summary>
internal static partial class ZipItProgram
{
    /// <summary>Runs a command line.</summary>
    /// <param name="arguments">The words of the command line.</param>
    /// <param name="output">Receives results.</param>
    /// <param name="error">Receives messages and progress.</param>
    /// <param name="cancellation">Ends the work; no file is left half written.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static int Run(string[] arguments, TextWriter output, TextWriter error, CancellationToken cancellation = default) =>
        Run(arguments, new ToolSession(output, error, cancellation), error);

    /// <summary>Runs a command line in a session.</summary>
    public static int Run(string[] arguments, ToolSession session, TextWriter error)
    {
        try
        {
            ParseResult parsed = CreateCommand(session).Parse(arguments.Length == 0 ? ["--help"] : arguments);
            if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
            {
                foreach (string message in parsed.Errors.Select(mistake => mistake.Message).Distinct())
                    session.Complain(message);
                error.WriteLine($"See '{NameOf(parsed.CommandResult.Command)} --help'.");
                return ExitCode.BadUsage;
            }

            return parsed.Invoke(new InvocationConfiguration
            {
                Output = session.Output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (Exception failure)
        {
            return Report(failure, session);
        }
    }

    /// <summary>The commands.</summary>
    internal static RootCommand CreateCommand(ToolSession session)
    {
        var root = new RootCommand("Merges trained image classifiers into one network, without training, and shows what came out.");
        CommonOptions common = new(session);
        foreach (Option option in common.All)
            root.Options.Add(option);
        foreach (Command command in (Command[])[
            InspectCommand.Create(session, common), MergeCommand.Create(session, common), EvaluateCommand.Create(session, common),
            CurveCommand.Create(session, common), PredictCommand.Create(session, common), BenchCommand.Create(session, common),
            MethodsCommand.Create(session, common)])
            root.Subcommands.Add(command);
        HelpWithExamples.AddTo(root);
        return root;
    }

    /// <summary>The command with those that it belongs to: <c>zipit merge</c>.</summary>
    private static string NameOf(Command command) => command is RootCommand ? "zipit" : $"zipit {command.Name}";

    /// <summary>Says what went wrong. What is the user's to change is told in a sentence; a fault of the program with all that there is to know.</summary>
    private static int Report(Exception failure, ToolSession session)
    {
        switch (failure)
        {
            case OperationCanceledException:
                session.Complain("cancelled; nothing was written.");
                return ExitCode.Cancelled;
            case UsageException:
                session.Complain(failure.Message);
                return ExitCode.BadUsage;
            case OutputException:
                session.Complain(failure.Message);
                return ExitCode.BadOutput;
            case IOException or UnauthorizedAccessException or InvalidDataException or FormatException or ArgumentException or InvalidOperationException
                or NotSupportedException or KeyNotFoundException:
                session.Complain(ParameterName().Replace(failure.Message, ""));
                return ExitCode.BadInput;
            default:
                session.Complain($"this is a fault of zipit; please report it.\n{failure}");
                return ExitCode.Fault;
        }
    }

    /// <summary>What .NET puts behind the message of an argument's exception.</summary>
    [GeneratedRegex(@"\s*\(Parameter '[^']*'\)|\s*Actual value was [^\n]*$")]
    private static partial Regex ParameterName();
}
