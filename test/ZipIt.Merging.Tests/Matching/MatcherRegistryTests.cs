using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace ZipIt.Merging.Tests.Matching;

public sealed partial class MatcherRegistryTests
{
    public static TheoryData<string> Names => [.. MatcherRegistry.All.Select(matcher => matcher.Name)];

    [Fact]
    public void All_HoldsEveryMatcherOfTheLibrary() => Assert.Equal(
        typeof(IMatcher).Assembly.GetTypes().Where(type => type is { IsClass: true } && type.IsAssignableTo(typeof(IMatcher))).OrderBy(type => type.Name),
        MatcherRegistry.All.Select(matcher => matcher.MatcherType).OrderBy(type => type.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void Parameters_AnyMatcher_AreItsPropertiesWithTheirDefaults(string name)
    {
        MatcherDescription matcher = MatcherRegistry.Find(name);
        object fresh = Activator.CreateInstance(matcher.MatcherType)!;
        PropertyInfo[] properties = [.. matcher.MatcherType.GetProperties().Where(property => property.CanWrite)];

        Assert.Equal(properties.Select(property => ToWords(property.Name)).Order(), matcher.Parameters.Select(parameter => parameter.Name).Order());
        foreach (PropertyInfo property in properties)
        {
            object? value = property.GetValue(fresh);
            string text = value is Enum ? ToWords($"{value}") : Convert.ToString(value, CultureInfo.InvariantCulture)!.Replace("False", "false");
            Assert.Equal(text, matcher.Parameters.Single(parameter => parameter.Name == ToWords(property.Name)).Default);
        }

        Assert.Equal(fresh, matcher.Create());
        Assert.Same(matcher, MatcherRegistry.Find(matcher.Create()));
        Assert.All((string[])[matcher.Summary, matcher.Reference, .. matcher.Parameters.Select(parameter => parameter.Summary)], Assert.NotEmpty);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Parse_EveryParameterGiven_SetsEveryProperty(string name)
    {
        MatcherDescription matcher = MatcherRegistry.Find(name);
        object fresh = Activator.CreateInstance(matcher.MatcherType)!;
        foreach (MatcherParameter parameter in matcher.Parameters)
        {
            string value = parameter.Kind switch
            {
                MatcherParameterKind.Number => "0.5",
                MatcherParameterKind.WholeNumber => "7",
                MatcherParameterKind.Switch => "true",
                _ => parameter.Choices[^1],
            };

            IMatcher parsed = MatcherRegistry.Parse($"{name}:{parameter.Name}={value}");

            PropertyInfo[] changed = [.. matcher.MatcherType.GetProperties()
                .Where(property => property.CanWrite && !Equals(property.GetValue(fresh), property.GetValue(parsed)))];
            Assert.Equal(parameter.Name, ToWords(Assert.Single(changed).Name));
        }
    }

    [Theory]
    [InlineData("zip:alpha=0.1,beta=0.8", "ZipIt! (α 0.1, β 0.8)")]
    [InlineData("zip: alpha = 0.1 , beta = 0.8", "ZipIt! (α 0.1, β 0.8)")]
    [InlineData("weights", "Weight matching")]
    public void Parse_Text_GivesTheMatcher(string text, string expected) => Assert.Equal(expected, MatcherRegistry.Parse(text).Name);

    [Theory]
    [InlineData("zap", "There is no matcher 'zap'; there are 'select', 'zip'")]
    [InlineData("zip:gamma=1", "'zip' has no parameter 'gamma'; it has 'alpha', 'beta', 'compatibility'")]
    [InlineData("zip:alpha=2", "'alpha' takes 0 … 1, found '2'")]
    [InlineData("zip:alpha=NaN", "'alpha' takes 0 … 1, found 'NaN'")]
    [InlineData("zip:alpha", "Expected parameter=value behind 'zip:', found 'alpha'")]
    [InlineData("zip:", "Expected parameter=value behind 'zip:', found ''")]
    [InlineData("zip:alpha=0,alpha=1", "'alpha' of 'zip' is given twice")]
    [InlineData("kmeans:restarts=0", "'restarts' takes at least 1, found '0'")]
    [InlineData("kmeans:seed=1.5", "'seed' takes any whole number, found '1.5'")]
    [InlineData("select:standardize=yes", "'standardize' takes true or false, found 'yes'")]
    [InlineData("select:unmerge=none", "'unmerge' takes least-squares or strongest-correlation, found 'none'")]
    public void Parse_Mistake_SaysWhatThereIs(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<FormatException>(() => MatcherRegistry.Parse(text)).Message);

    [Fact]
    public void Find_MatcherOfSomebodyElse_IsNull() => Assert.Null(MatcherRegistry.Find(new Foreign()));

    [Fact]
    public void IsDataFree_WeightMatcherAlone() =>
        Assert.Equal(["weights"], MatcherRegistry.All.Where(matcher => matcher.IsDataFree).Select(matcher => matcher.Name));

    private static string ToWords(string name) => Capital().Replace(name, "-$0").ToLowerInvariant();

    [GeneratedRegex("(?<!^)[A-Z]")]
    private static partial Regex Capital();

    private sealed class Foreign : IFeatureMatcher
    {
        public string Name => "foreign";

        public FeatureMap Match(MatchingProblem problem) => throw new NotSupportedException();
    }
}
