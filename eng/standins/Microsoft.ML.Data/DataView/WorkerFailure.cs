using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>What a cursor throws when the thread that works for it has failed.</summary>
internal static class WorkerFailure
{
    public static Exception Wrap(Exception inner) =>
        Contracts.Except(inner, "Splitter/consolidator worker encountered exception while consuming source data");
}
