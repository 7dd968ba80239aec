using FsCheck;
using FsCheck.Fluent;
using ZipIt.Networks;

namespace ZipIt.Merging.Tests;

/// <summary>What must hold for every network: merging what is the same changes nothing.</summary>
public sealed class ZipPropertyTests
{
    private static readonly Config Cases = Config.QuickThrowOnFailure.WithMaxTest(60).WithReplay(20240501UL, 1UL);

    private static readonly IFeatureMatcher[] Matchers =
        [new ZipMatcher(), new ZipMatcher { Alpha = 1, Beta = 1 }, new PermutationMatcher(), new IdentityMatcher(), new OptimalMatcher()];

    [Fact]
    public void Zip_NetworkWithItself_IsTheNetwork() => Check.One(Cases, Prop.ForAll(Problems(), problem =>
    {
        Network network = SmallNetworks.Draw(problem.Kind, problem.Seed);
        Network zipped = Zip([network, network], problem.CutOf(network), ZipCut.Nothing, Matchers[problem.Matcher]);

        return SmallNetworks.AreClose(SmallNetworks.Run(zipped, 0), SmallNetworks.Run(network))
            && SmallNetworks.AreClose(SmallNetworks.Run(zipped, 1), SmallNetworks.Run(network));
    }));

    [Fact]
    public void Zip_PermutedCopies_IsTheNetwork() => Check.One(Cases, Prop.ForAll(Problems(), problem =>
    {
        Network network = SmallNetworks.Draw(problem.Kind, problem.Seed);
        Network[] copies = [network, .. Enumerable.Range(1, problem.Members - 1)
            .Select(m => SmallNetworks.WithHead(SmallNetworks.Permute(network, problem.Seed + m), m, 3 + m))];
        IFeatureMatcher matcher = problem.Members > 2 ? new PermutationMatcher() : Matchers[problem.Matcher % 3];
        Network zipped = Zip(copies, problem.CutOf(network), ZipCut.Nothing, matcher);

        return Enumerable.Range(0, copies.Length).All(m => SmallNetworks.AreClose(SmallNetworks.Run(zipped, m), SmallNetworks.Run(copies[m])));
    }));

    [Fact]
    public void Zip_LateStart_IsTheNetwork() => Check.One(Cases, Prop.ForAll(Problems(), problem =>
    {
        Network network = SmallNetworks.Draw(problem.Kind, problem.Seed);
        Network copy = SmallNetworks.Permute(network, problem.Seed + 1);
        int layers = ZipCut.CountLayers(network).Values.Max();
        Network zipped = Zip([network, copy], ZipCut.BeforeHeads, ZipCut.AfterLayers(problem.Position % layers), Matchers[problem.Matcher % 3]);

        return SmallNetworks.AreClose(SmallNetworks.Run(zipped, 0), SmallNetworks.Run(network))
            && SmallNetworks.AreClose(SmallNetworks.Run(zipped, 1), SmallNetworks.Run(copy));
    }));

    [Fact]
    public void CountMultiplyAdds_AnyCutAndStart_IsTheCostOfTheZippedNetwork() => Check.One(Cases, Prop.ForAll(Problems(), problem =>
    {
        Network network = SmallNetworks.Draw(problem.Kind, problem.Seed);
        int layers = ZipCut.CountLayers(network).Values.Max();
        var options = ZipOptions.For(ZipMethod.Paper) with { Cut = problem.CutOf(network),
            Start = ZipCut.AfterLayers(problem.Seed % 2 * (problem.Position / 2 % layers)), Matcher = new IdentityMatcher(), Threads = 1 };
        var zipper = new Zipper(Members([network, SmallNetworks.WithHead(network, 1, 9), SmallNetworks.WithHead(network, 2, 2)]), options);
        Network zipped = zipper.Merge(zipper.Match(zipper.CollectStatistics(SmallNetworks.Images)));

        return ZipCost.CountMultiplyAdds(zipper.Structure) == NetworkCost.Of(zipped).MultiplyAdds;
    }));

    [Fact]
    public void Find_AnyNetwork_TiesWhatMustBePermutedTogether() => Check.One(Cases, Prop.ForAll(Problems(), problem =>
    {
        Network network = SmallNetworks.Draw(problem.Kind, problem.Seed);

        return SmallNetworks.AreClose(SmallNetworks.Run(SmallNetworks.Permute(network, problem.Seed)), SmallNetworks.Run(network));
    }));

    private static Network Zip(Network[] networks, ZipCut cut, ZipCut start, IFeatureMatcher matcher)
    {
        var zipper = new Zipper(Members(networks),
            ZipOptions.For(ZipMethod.Paper) with { Cut = cut, Start = start, Matcher = matcher, ResetBatchNorm = false, Threads = 1 });
        return zipper.Zip(SmallNetworks.Images).Network;
    }

    private static ZipMember[] Members(Network[] networks) => [.. networks.Select((network, m) => new ZipMember($"{(char)('A' + m)}", network))];

    private static Arbitrary<Problem> Problems() => Arb.From(
        from kind in Gen.Elements(SmallNetworks.Kinds)
        from seed in Gen.Choose(0, 1000)
        from position in Gen.Choose(0, 1000)
        from matcher in Gen.Choose(0, Matchers.Length - 1)
        from members in Gen.Choose(2, 5)
        select new Problem(kind, seed, position, matcher, members));

    /// <summary>One case: a network, a place to cut, a matcher and a number of members.</summary>
    private sealed record Problem(string Kind, int Seed, int Position, int Matcher, int Members)
    {
        /// <summary>Any cut, before the first layer to behind the last.</summary>
        public ZipCut CutOf(Network network)
        {
            int layers = ZipCut.CountLayers(network).Values.Max();
            return ZipCut.AfterLayers(Position % (layers + 1));
        }
    }
}
