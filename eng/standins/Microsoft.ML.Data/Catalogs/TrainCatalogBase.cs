using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Training and evaluation for one kind of task.</summary>
public abstract class TrainCatalogBase : IInternalCatalog
{
    [BestFriend]
    private protected TrainCatalogBase(IHostEnvironment env, string registrationName)
    {
        Contracts.CheckValue(env, nameof(env));
        Environment = env.Register(registrationName);
    }

    IHostEnvironment IInternalCatalog.Environment => Environment;

    [BestFriend]
    private protected IHostEnvironment Environment { get; }
}
