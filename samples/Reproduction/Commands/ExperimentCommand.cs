using System.CommandLine;
using Spectre.Console;

namespace Reproduction.Commands;

/// <summary>A command: what goes wrong is said in one line.</summary>
internal static class ExperimentCommand
{
    /// <summary>Makes a command.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it does.</param>
    /// <param name="arguments">Its arguments and options.</param>
    /// <param name="run">Does it.</param>
    public static Command Create(string name, string description, IReadOnlyList<Symbol> arguments, Action<ParseResult, CancellationToken> run)
    {
        var command = new Command(name, description);
        foreach (Symbol symbol in arguments)
        {
            if (symbol is Argument argument)
                command.Arguments.Add(argument);
            else
                command.Options.Add((Option)symbol);
        }

        command.SetAction((parsed, cancellation) => Task.FromResult(Run(() => run(parsed, cancellation))));
        return command;
    }

    private static int Run(Action action)
    {
        try
        {
            action();
            return 0;
        }
        catch (Exception error) when (error is IOException or InvalidDataException or ArgumentException or InvalidOperationException or NotSupportedException
            or UnauthorizedAccessException)
        {
            AnsiConsole.MarkupLineInterpolated($"[red]{error.Message}[/]");
            return 1;
        }
        catch (OperationCanceledException)
        {
            AnsiConsole.MarkupLine("[red]Stopped.[/]");
            return 130;
        }
    }
}
