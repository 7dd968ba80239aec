using System.CommandLine;

namespace Reproduction.Commands;

/// <summary>The command line as a reader can type it.</summary>
internal static class CommandLineText
{
    private const string Start = "dotnet run -c Release --project samples/Reproduction --";

    /// <summary>The words of a command line.</summary>
    public static string Of(ParseResult arguments) =>
        $"{Start} {string.Join(' ', arguments.Tokens.Select(token => token.Value.Contains(' ') ? $"\"{token.Value}\"" : token.Value))}";
}
