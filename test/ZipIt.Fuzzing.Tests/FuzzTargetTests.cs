namespace ZipIt.Fuzzing.Tests;

/// <summary>Every target replays its corpus and some thousands of changes of it, the same on every run.</summary>
public sealed class FuzzTargetTests
{
    public static TheoryData<string> Names => [.. FuzzTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Try_Seeds_AreAccepted(string name)
    {
        FuzzTarget target = FuzzTargets.Find(name);
        Assert.All(target.MakeSeeds(), seed => Assert.True(target.Try(seed)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void MakeSeeds_Twice_GivesTheSame(string name) => Assert.Equal(FuzzTargets.Find(name).MakeSeeds(), FuzzTargets.Find(name).MakeSeeds());

    /// <summary>What is refused is refused as documented, and some of it is accepted: the changes get through to the reader.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Try_ChangedSeeds_AreAcceptedOrRefused(string name)
    {
        FuzzTarget target = FuzzTargets.Find(name);
        byte[][] seeds = [.. target.MakeSeeds()];
        var mutator = new Mutator(1);
        int accepted = 0;
        int runs = name == "model" ? 400 : 3000;
        for (int run = 0; run < runs; run++)
        {
            byte[] input = mutator.Mutate(seeds);
            try
            {
                accepted += target.Try(input) ? 1 : 0;
            }
            catch (Exception fault)
            {
                Assert.Fail($"Run {run}: {fault}\n{Convert.ToBase64String(input)}");
            }
        }

        Assert.InRange(accepted, runs / 200, runs - runs / 200);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Try_SeedsCutAnywhere_AreAcceptedOrRefused(string name)
    {
        FuzzTarget target = FuzzTargets.Find(name);
        foreach (byte[] seed in target.MakeSeeds())
        {
            for (int length = 0; length < seed.Length; length += name == "model" ? 29 : 3)
                target.Try(seed.AsSpan(0, length));
        }
    }
}
