using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A catalogue that knows its environment.</summary>
[BestFriend]
internal interface IInternalCatalog
{
    /// <summary>The environment.</summary>
    IHostEnvironment Environment { get; }
}
