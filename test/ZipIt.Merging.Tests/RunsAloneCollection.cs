namespace ZipIt.Merging.Tests;

/// <summary>Tests beside which no other test of the project may run.</summary>
[CollectionDefinition(nameof(RunsAloneCollection), DisableParallelization = true)]
public sealed class RunsAloneCollection;
