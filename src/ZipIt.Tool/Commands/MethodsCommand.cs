using System.CommandLine;
using System.Text.Json;
using ZipIt.Merging;
using ZipIt.Tool.Inputs;

namespace ZipIt.Tool.Commands;

/// <summary><c>zipit methods</c>: how networks can be merged.</summary>
internal static class MethodsCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(ToolSession session, CommonOptions common) => common.Bind(
        new Command("methods", "Lists the ways to merge: ready-made methods, and matchers with their parameters and papers."),
        _ =>
        {
            if (session.IsJson)
                session.WriteJson(WriteJson);
            else
                WriteText(session);
        });

    private static void WriteText(ToolSession session)
    {
        session.Write("Methods (--method):");
        foreach ((string name, string summary) in MethodChoice.Combinations)
            session.Write($"  {name,-18}{summary}");
        session.Write("");
        session.Write("Matchers, which take the place of a method's own (--method best+zip:alpha=0.1,beta=0.8):");
        foreach (MatcherDescription matcher in MatcherRegistry.All)
        {
            session.Write($"  {matcher.Name,-18}{matcher.Summary}");
            session.Write($"  {"",-18}{matcher.Reference}");
            foreach (MatcherParameter parameter in matcher.Parameters)
                session.Write($"  {"",-18}  {parameter.Name} ({parameter.Range}; {parameter.Default}): {parameter.Summary}");
        }
    }

    private static void WriteJson(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("methods");
        foreach ((string name, string summary) in MethodChoice.Combinations)
        {
            writer.WriteStartObject();
            writer.WriteString("name", name);
            writer.WriteString("summary", summary);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("matchers");
        foreach (MatcherDescription matcher in MatcherRegistry.All)
        {
            writer.WriteStartObject();
            writer.WriteString("name", matcher.Name);
            writer.WriteString("summary", matcher.Summary);
            writer.WriteString("reference", matcher.Reference);
            writer.WriteBoolean("needsImages", !matcher.IsDataFree);
            writer.WriteStartArray("parameters");
            foreach (MatcherParameter parameter in matcher.Parameters)
            {
                writer.WriteStartObject();
                writer.WriteString("name", parameter.Name);
                writer.WriteString("range", parameter.Range);
                writer.WriteString("default", parameter.Default);
                writer.WriteString("summary", parameter.Summary);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
