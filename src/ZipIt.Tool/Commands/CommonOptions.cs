using System.CommandLine;
using System.CommandLine.Parsing;
using ZipIt.Tool.Inputs;

namespace ZipIt.Tool.Commands;

/// <summary>Options of all commands.</summary>
/// <param name="session">Takes their values.</param>
internal sealed class CommonOptions(ToolSession session)
{
    private readonly Option<bool> _json = new("--json") { Description = "Write the result as JSON to the standard output.", Recursive = true };

    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Write results and errors only: no progress, no warnings.", Recursive = true };

    private readonly Option<int> _seed = new("--seed")
    {
        Description = "Seed of what is drawn at random, as the order of images.",
        DefaultValueFactory = _ => 1,
        HelpName = "number",
        Recursive = true,
    };

    private readonly Option<int> _threads = new("--threads")
    {
        Description = "Number of threads; 0 for one per processor. Results do not depend on it.",
        DefaultValueFactory = _ => 0,
        HelpName = "number",
        Recursive = true,
    };

    /// <summary>The options.</summary>
    public IReadOnlyList<Option> All => [_json, _quiet, _seed, _threads];

    /// <summary>Whether a seed stands on the command line.</summary>
    public bool HasSeed(ParseResult arguments) => arguments.GetResult(_seed) is { Implicit: false };

    /// <summary>Lets a command run with the values.</summary>
    /// <param name="command">The command.</param>
    /// <param name="run">Runs it; throws what goes wrong.</param>
    public Command Bind(Command command, Action<ParseResult> run)
    {
        command.SetAction(arguments =>
        {
            (session.IsJson, session.IsQuiet) = (arguments.GetValue(_json), arguments.GetValue(_quiet));
            (session.Seed, session.Threads) = (arguments.GetValue(_seed), arguments.GetValue(_threads));
            if (session.Threads is < 0 or > 1024)
                throw new UsageException($"--threads takes a number from 0 to 1024, found {session.Threads}.");
            CheckWords(arguments);
            run(arguments);
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>A misspelt option would be taken for a model.</summary>
    private void CheckWords(ParseResult arguments)
    {
        string? word = arguments.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens)
            .Select(token => token.Value).FirstOrDefault(value => value.StartsWith('-'));
        if (word is null)
            return;
        string[] names = [.. arguments.CommandResult.Command.Options.Concat(All).Select(option => option.Name)];
        throw new UsageException(
            $"There is no option '{word}'{Suggestion.For(word, names) ?? $"; see 'zipit {arguments.CommandResult.Command.Name} --help'."}");
    }
}
