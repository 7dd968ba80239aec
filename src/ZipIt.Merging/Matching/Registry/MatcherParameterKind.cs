namespace ZipIt.Merging;

/// <summary>What the value of a matcher's parameter is.</summary>
public enum MatcherParameterKind
{
    /// <summary>A number, with a point before its decimals.</summary>
    Number = 0,

    /// <summary>A whole number.</summary>
    WholeNumber = 1,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Switch = 2,

    /// <summary>One of the <see cref="MatcherParameter.Choices"/>.</summary>
    Choice = 3,
}
